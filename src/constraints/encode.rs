//! The bytes that a browser reads.
//!
//! Every number is a varint: seven bits a byte, low bits first, the high bit set on all bytes
//! but the last (LEB128). In this order:
//!
//! ```text
//! number of components
//! for each component:
//!     number of layers
//!     for each layer, from the root down:
//!         variable
//!         number of values
//!         for each value: its class, from 1; 0 if it is never possible
//!     root: 1, or 0 if nothing is possible; then no nodes follow
//!     for each layer, for each of its nodes, for each class: arc
//! ```
//!
//! A layer has as many classes as its highest class says. The first layer has one node, each
//! other as many as the arcs above lead to; nodes are numbered in the order in which arcs
//! first lead to them. An arc is
//!
//! - `0`: nowhere, not possible;
//! - `1`: to the next node of the layer below that no arc has led to;
//! - `1 + d`: to the node that is `d`th from the end of those that arcs have led to, so that
//!   `2` is the one that came last.
//!
//! Below the last layer there is one node, the end: the first arc to it is `1`, all others
//! are `2`. Prices are elsewhere: a diagram holds for all of them.

use std::fmt;

use super::{Compiled, Component, Layer, Value, VariableId};

/// Bytes that are no diagrams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Malformed;

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the bytes are no compiled customizer")
    }
}

impl std::error::Error for Malformed {}

/// Writes diagrams.
pub fn encode(compiled: &Compiled) -> Vec<u8> {
    let mut bytes = Vec::new();
    write(&mut bytes, compiled.components.len());
    for component in &compiled.components {
        write(&mut bytes, component.layers.len());
        for layer in &component.layers {
            write(&mut bytes, layer.variable.into());
            write(&mut bytes, layer.classes.len());
            for class in &layer.classes {
                write(&mut bytes, usize::from(*class));
            }
        }
        write(&mut bytes, component.is_satisfiable.into());
        for layer in &component.layers {
            let mut seen = 0;
            for arc in &layer.arcs {
                match *arc {
                    0 => write(&mut bytes, 0),
                    arc if arc > seen => {
                        seen = arc;
                        write(&mut bytes, 1);
                    }
                    arc => write(&mut bytes, (seen - arc) as usize + 2),
                }
            }
        }
    }
    bytes
}

/// Reads diagrams back. Anything may be given: what is not well-formed is refused.
pub fn decode(bytes: &[u8]) -> Result<Compiled, Malformed> {
    let mut input = Input(bytes);
    let mut components = Vec::new();
    for _ in 0..input.number()? {
        components.push(input.component()?);
    }
    let compiled = Compiled { components };
    let layers = compiled
        .components
        .iter()
        .flat_map(|component| &component.layers);
    let mut variables: Vec<VariableId> = layers.map(|layer| layer.variable).collect();
    variables.sort_unstable();
    let is_whole = input.0.is_empty() && variables.into_iter().eq(0..compiled.variables());
    is_whole.then_some(compiled).ok_or(Malformed)
}

fn write(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

/// What is still to be read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn number(&mut self) -> Result<u32, Malformed> {
        let mut number = 0_u64;
        for shift in (0..35).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(Malformed)?;
            self.0 = rest;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return number.try_into().map_err(|_| Malformed);
            }
        }
        Err(Malformed)
    }

    fn small_number(&mut self) -> Result<u16, Malformed> {
        self.number()?.try_into().map_err(|_| Malformed)
    }

    fn component(&mut self) -> Result<Component, Malformed> {
        let mut layers = Vec::new();
        for _ in 0..self.number()? {
            let variable = self.small_number()?;
            let count = self.number()?;
            let classes: Result<Vec<Value>, _> = (0..count).map(|_| self.small_number()).collect();
            let classes = classes?;
            let arity = classes.iter().copied().max().unwrap_or(0).into();
            layers.push(Layer {
                variable,
                classes,
                arity,
                arcs: Vec::new(),
            });
        }
        let root = self.number()?;
        let mut nodes = root;
        let last = layers.len().wrapping_sub(1);
        for (at, layer) in layers.iter_mut().enumerate() {
            nodes = self.arcs(layer, nodes)?;
            // Below the last layer there is just the end.
            if root > 1 || nodes == 0 && root == 1 || at == last && nodes > 1 {
                return Err(Malformed);
            }
        }
        Ok(Component {
            is_satisfiable: root == 1,
            layers,
        })
    }

    /// Reads the arcs of a layer's nodes. Returns how many nodes they lead to.
    fn arcs(&mut self, layer: &mut Layer, nodes: u32) -> Result<u32, Malformed> {
        let mut seen = 0_u32;
        for _ in 0..u64::from(nodes) * layer.arity as u64 {
            let arc = match self.number()? {
                0 => 0,
                1 => {
                    seen += 1;
                    seen
                }
                back => (seen + 2)
                    .checked_sub(back)
                    .filter(|arc| *arc > 0)
                    .ok_or(Malformed)?,
            };
            layer.arcs.push(arc);
        }
        Ok(seen)
    }
}
