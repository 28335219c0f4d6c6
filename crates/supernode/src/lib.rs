//! Emulates collective communication on AI supernodes: the library facade and the supernode command.
