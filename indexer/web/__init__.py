"""The pages: what a browser is shown of the desk. Server-made, without JavaScript; the README says what is where."""
