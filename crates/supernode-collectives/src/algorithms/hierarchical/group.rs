//! The steps of one group in one phase, by its inner algorithm.

use crate::{Action, Group, Inner, Span};

/// Position `back` places to the left in a ring of `size`.
fn left(digit: u32, back: u32, size: u32) -> u32 {
    (digit + 2 * size - back) % size
}

/// The `nth` of the others, in order of position.
fn other(nth: u32, digit: u32) -> u32 {
    if nth < digit { nth } else { nth + 1 }
}

/// Step `at` of a reduce-scatter in `group`: `operand(b)` is the own contribution to block `b`, the
/// own block ends in `dst`.
pub(in crate::algorithms) fn reduce_step(
    inner: Inner,
    group: Group,
    digit: u32,
    at: u32,
    operand: impl Fn(u32) -> Span,
    dst: Span,
) -> Action {
    let size = group.count;
    let rank = |digit| group.member(digit);
    let (from, to) = (rank(left(digit, 1, size)), rank((digit + 1) % size));
    match inner {
        Inner::Ring if at == 0 => Action::Send { to, src: operand(left(digit, 1, size)) },
        Inner::Ring if at < size - 1 => {
            Action::Forward { from, to, with: Some(operand(left(digit, at + 1, size))), keep: None }
        }
        Inner::Ring => Action::Recv { from, dst, with: Some(operand(digit)), more: false },
        Inner::Direct if at < size - 1 => {
            let peer = (digit + 1 + at) % size;
            Action::Send { to: rank(peer), src: operand(peer) }
        }
        Inner::Direct => {
            let nth = at - (size - 1);
            let with = Some(if nth == 0 { operand(digit) } else { dst });
            Action::Recv { from: rank(other(nth, digit)), dst, with, more: nth + 2 < size }
        }
        Inner::InSwitch if at == 0 => {
            let nothing = Span { len: 0, ..dst };
            Action::Multicast { group, src: nothing, dst: nothing }
        }
        Inner::InSwitch if at == 1 => Action::Wait { from: group },
        Inner::InSwitch => Action::SwitchReduce { group, src: operand(digit), dst },
    }
}

/// Step `at` of an all-gather in `group`: `own` goes to everyone's `block(digit)`.
pub(in crate::algorithms) fn gather_step(
    inner: Inner,
    group: Group,
    digit: u32,
    at: u32,
    own: Span,
    block: impl Fn(u32) -> Span,
) -> Action {
    let size = group.count;
    let rank = |digit| group.member(digit);
    let (from, to) = (rank(left(digit, 1, size)), rank((digit + 1) % size));
    match inner {
        Inner::Ring if at == 0 => Action::Send { to, src: own },
        Inner::Ring if at < size - 1 => {
            Action::Forward { from, to, with: None, keep: Some(block(left(digit, at, size))) }
        }
        Inner::Ring => {
            Action::Recv { from, dst: block(left(digit, at, size)), with: None, more: false }
        }
        Inner::Direct if at < size - 1 => {
            Action::Send { to: rank((digit + 1 + at) % size), src: own }
        }
        Inner::Direct => {
            let nth = at - (size - 1);
            let from = other(nth, digit);
            Action::Recv { from: rank(from), dst: block(from), with: None, more: nth + 2 < size }
        }
        Inner::InSwitch if at == 0 => Action::Multicast { group, src: own, dst: block(digit) },
        Inner::InSwitch => Action::Wait { from: group },
    }
}
