//! By oxc and lightningcss.

use lightningcss::{
    printer::PrinterOptions,
    stylesheet::{ParserOptions, StyleSheet},
};
use oxc_allocator::Allocator;
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_minifier::{CompressOptions, MangleOptions, Minifier, MinifierOptions};
use oxc_parser::Parser;
use oxc_span::SourceType;

use super::Syntax;

/// The script with short names and no white space; without what it never uses, if its syntax may change.
pub fn minify(script: &str, syntax: Syntax) -> String {
    let allocator = Allocator::default();
    let kind = match syntax {
        Syntax::AsWritten | Syntax::Modern => SourceType::mjs(),
        Syntax::Shared => SourceType::cjs(),
    };
    let parsed = Parser::new(&allocator, script, kind).parse();
    if !parsed.errors.is_empty() {
        return script.to_owned();
    }
    let mut program = parsed.program;
    let mangled = Minifier::new(MinifierOptions {
        mangle: Some(MangleOptions::default()),
        compress: match syntax {
            Syntax::AsWritten => None,
            Syntax::Modern | Syntax::Shared => Some(CompressOptions::smallest()),
        },
    })
    .minify(&allocator, &mut program);
    Codegen::new()
        .with_options(CodegenOptions::minify())
        .with_scoping(mangled.scoping)
        .build(&program)
        .code
}

/// The stylesheet without white space.
pub fn minify_style(style: &str) -> String {
    let parsed = StyleSheet::parse(style, ParserOptions::default());
    let minified = parsed.ok().and_then(|parsed| {
        let options = PrinterOptions {
            minify: true,
            ..PrinterOptions::default()
        };
        parsed.to_css(options).ok()
    });
    minified.map_or_else(|| style.to_owned(), |minified| minified.code)
}
