//! One file per algorithm.

mod circulant;
mod direct;
mod double_binary_tree;
mod hierarchical;
mod in_switch;
mod nb;
mod nhr;
mod recursive_doubling;
mod ring;
mod rounds;

pub use circulant::circulant;
pub use direct::Direct;
pub use double_binary_tree::DoubleBinaryTree;
pub use hierarchical::Hierarchical;
pub use in_switch::InSwitch;
pub use nb::nb;
pub use nhr::nhr;
pub use recursive_doubling::RecursiveDoubling;
pub use ring::Ring;
pub use rounds::Rounds;
