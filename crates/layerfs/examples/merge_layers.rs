//! Lays the uncompressed layers named on the command line over each other, base first, and lists
//! what a container would see: the layer that put each name there, its size, its path.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "printing is what the example is for"
)]

use std::io::Read;

use cutaway_layerfs::{EntryPath, Limits, Meta, NodeId, Tree, Visitor, Walk};

struct Nothing;

impl Visitor for Nothing {
    fn entry(&mut self, _: u32, _: &EntryPath, _: &Meta) -> bool {
        false
    }
    fn data(&mut self, _: &[u8]) {}
    fn hole(&mut self, _: u64) {}
    fn end(&mut self) {}
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut tree = Tree::new(Limits::default());
    let mut entries = 0_u64;
    let mut memory = 0_usize;
    for (layer, file) in (0..).zip(std::env::args_os().skip(1)) {
        let mut file = std::fs::File::open(file)?;
        let mut walk = Walk::new(Limits::default());
        let mut buffer = vec![0; 256 << 10];
        loop {
            let read = file.read(&mut buffer)?;
            if read == 0 {
                break;
            }
            walk.push(buffer.get(..read).unwrap_or_default(), &mut Nothing)?;
        }
        let walked = walk.finish(&mut Nothing)?;
        for warning in walked.warnings.into_iter().chain(tree.apply(layer, &walked.listing)?) {
            eprintln!("warning: layer {layer}: {:?}: {}", warning.path, warning.message);
        }
        entries = entries.saturating_add(u64::from(walked.listing.len()));
        memory = memory.saturating_add(walked.listing.memory());
    }
    let mut todo: Vec<NodeId> = vec![tree.root()];
    while let Some(id) = todo.pop() {
        let node = tree.node(id);
        println!("{:>3} {:>12} {}", node.placed_by(), node.size(), tree.path(id));
        todo.extend(tree.children(id).into_iter().rev());
    }
    eprintln!("{entries} entries; listings take {memory} bytes, the tree {}", tree.memory());
    Ok(())
}
