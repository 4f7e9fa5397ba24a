"""`cutout verify`: photos through every capability in the account itself, and what that says of the real cloud."""
