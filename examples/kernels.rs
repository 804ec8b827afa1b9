//! The kernels of sigmill's own arithmetic that this machine can run, one a line, the fastest first:
//! `cargo run --example kernels`.

use sigmill::crypto::backend;

fn main() {
    for name in backend::kernels() {
        println!("{name}");
    }
}
