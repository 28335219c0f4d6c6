//! One file per algorithm.

mod direct;
mod double_binary_tree;
mod hierarchical;
mod in_switch;
mod recursive_doubling;
mod ring;

pub use direct::Direct;
pub use double_binary_tree::DoubleBinaryTree;
pub use hierarchical::Hierarchical;
pub use in_switch::InSwitch;
pub use recursive_doubling::RecursiveDoubling;
pub use ring::Ring;
