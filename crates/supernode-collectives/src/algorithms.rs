//! One file per algorithm.

mod census;
mod circulant;
mod direct;
mod double_binary_tree;
mod hierarchical;
mod in_switch;
mod nb;
mod neighbour_exchange;
mod nhr;
mod rabenseifner;
mod recursive_doubling;
mod ring;
mod rings;
mod rounds;
mod segmented_ring;

pub use census::Census;
pub use circulant::circulant;
pub use direct::Direct;
pub use double_binary_tree::DoubleBinaryTree;
pub use hierarchical::Hierarchical;
pub use in_switch::InSwitch;
pub use nb::nb;
pub use neighbour_exchange::NeighbourExchange;
pub use nhr::nhr;
pub use rabenseifner::Rabenseifner;
pub use recursive_doubling::RecursiveDoubling;
pub use ring::Ring;
pub use rings::Rings;
pub use rounds::Rounds;
pub use segmented_ring::SegmentedRing;
