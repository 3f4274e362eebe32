"""A simulated month: outlets with rhythms and troubles on a loopback server, and the real scheduler driven through it by a fake clock."""
