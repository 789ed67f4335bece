"""What all pages share: frame, templates, emblems, stylesheet. Called by every blueprint; imports none of them."""
