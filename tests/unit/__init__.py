"""Single modules over fakes: a unit test lies where its module lies."""
