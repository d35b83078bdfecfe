//! By oxc.

use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_minifier::{MangleOptions, Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_span::SourceType;

/// The script with short names and no white space. Its syntax stays as it is: what would be shorter
/// in newer JavaScript is not known to every edge.
pub fn minify(script: &str) -> String {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, script, SourceType::mjs()).parse();
    let mut program = parsed.program;
    let mangled = Minifier::new(MinifierOptions {
        mangle: Some(MangleOptions::default()),
        compress: None,
    })
    .minify(&allocator, &mut program);
    Codegen::new()
        .with_options(CodegenOptions::minify())
        .with_scoping(mangled.scoping)
        .build(&program)
        .code
}
