use proptest::prelude::*;

use super::{
    call_site::instrument,
    explore::{Explored, Stopped, explore},
    recorder::{Site, ask_visitor, visitor_is_in},
    token::{Piece, Token, pieces},
};
use crate::{
    decision::{Diagrams, ValueSet, Variable},
    diagnostic::{FileId, Span},
    digest::Digest,
    model::{Facet, FacetSpace, Segment},
};

const SITE: Site = Site {
    file: FileId(0),
    line: 1,
};

fn space(sizes: &[u16]) -> FacetSpace {
    let span = Span::file(FileId(0));
    let facets = sizes.iter().enumerate().map(|(place, size)| Facet {
        id: format!("f{place}"),
        title: String::new(),
        description: String::new(),
        default: size - 1,
        gated: false,
        consent: None,
        segments: (0..*size)
            .map(|segment| Segment {
                id: format!("s{segment}"),
                title: String::new(),
                inherits: None,
                data: serde_json::Value::Null,
                span,
            })
            .collect(),
        rules: Vec::new(),
        experiment: None,
        span,
    });
    FacetSpace {
        facets: facets.collect(),
    }
}

/// A template, as far as questions go.
#[derive(Clone, Debug)]
enum Program {
    Text(u8),
    Then(Box<Program>, Box<Program>),
    /// Asks for the segment and goes on by it.
    Segment(Variable, Vec<Program>),
    /// Asks whether the visitor is in a set.
    Is(Variable, ValueSet, Box<Program>, Box<Program>),
}

const SIZES: [u16; 3] = [2, 3, 4];

fn programs() -> impl Strategy<Value = Program> {
    let leaf = (0_u8..3).prop_map(Program::Text);
    leaf.prop_recursive(4, 24, 4, |inner| {
        let is = (0_usize..3, any::<u8>(), inner.clone(), inner.clone()).prop_map(
            |(facet, bits, then, other)| {
                let set = (0..SIZES[facet]).filter(|s| bits >> s & 1 == 1).collect();
                Program::Is(facet as Variable, set, Box::new(then), Box::new(other))
            },
        );
        let segment = (0_usize..3, proptest::collection::vec(inner.clone(), 4))
            .prop_map(|(facet, branches)| Program::Segment(facet as Variable, branches));
        let then =
            (inner.clone(), inner).prop_map(|(a, b)| Program::Then(Box::new(a), Box::new(b)));
        prop_oneof![is, segment, then]
    })
}

/// Runs a program with answers from anywhere.
fn run(
    program: &Program,
    out: &mut String,
    segment: &mut dyn FnMut(Variable) -> u16,
    is_in: &mut dyn FnMut(Variable, &ValueSet) -> bool,
) {
    match program {
        Program::Text(letter) => out.push(char::from(b'a' + letter)),
        Program::Then(a, b) => {
            run(a, out, segment, is_in);
            run(b, out, segment, is_in);
        }
        Program::Segment(facet, branches) => {
            let answer = segment(*facet);
            run(&branches[usize::from(answer)], out, segment, is_in);
        }
        Program::Is(facet, set, then, other) => {
            let branch = if is_in(*facet, set) { then } else { other };
            run(branch, out, segment, is_in);
        }
    }
}

fn explored(space: &FacetSpace, program: &Program) -> Explored<String> {
    explore::<_, ()>(space, 10_000, || {
        let mut out = String::new();
        run(
            program,
            &mut out,
            &mut |facet| {
                let size = space.facet(facet).len();
                let classes: Vec<ValueSet> = (0..size).map(ValueSet::single).collect();
                ask_visitor(space, facet, &classes, SITE) as u16
            },
            &mut |facet, set| visitor_is_in(space, facet, set, SITE),
        );
        Ok(out)
    })
    .unwrap()
}

proptest! {
    #[test]
    fn exploration_equals_brute_force(program in programs()) {
        let space = space(&SIZES);
        let explored = explored(&space, &program);
        let texts: Vec<&String> = explored.leaves.iter().map(|leaf| &leaf.text).collect();
        let boxes: Vec<_> = explored
            .leaves
            .iter()
            .enumerate()
            .map(|(place, leaf)| (leaf.visitors.clone(), place as u32))
            .collect();
        let mut diagrams = Diagrams::new(space.domains());
        let root = diagrams.of_boxes(&boxes);
        let mut reached = std::collections::BTreeSet::new();
        for a in 0..SIZES[0] {
            for b in 0..SIZES[1] {
                for c in 0..SIZES[2] {
                    let visitor = [a, b, c];
                    let mut wanted = String::new();
                    run(
                        &program,
                        &mut wanted,
                        &mut |facet| visitor[usize::from(facet)],
                        &mut |facet, set| set.contains(visitor[usize::from(facet)]),
                    );
                    let leaf = diagrams.evaluate(root, |v| visitor[usize::from(v)]);
                    prop_assert_eq!(texts[leaf as usize], &wanted);
                    // The boxes are disjoint: exactly one has this visitor.
                    let fits = explored.leaves.iter().filter(|leaf| {
                        leaf.visitors.iter().all(|(v, set)| set.contains(visitor[usize::from(*v)]))
                    });
                    prop_assert_eq!(fits.count(), 1);
                    reached.insert(leaf);
                }
            }
        }
        // Nothing was rendered for nobody.
        prop_assert_eq!(reached.len(), texts.len());
    }

    #[test]
    fn the_first_leaf_is_the_default_visitors(program in programs()) {
        let space = space(&SIZES);
        let explored = explored(&space, &program);
        let fits = explored.leaves[0].visitors.iter();
        prop_assert!(fits.into_iter().all(|(v, set)| set.contains(space.facet(*v).default)));
    }

    #[test]
    fn pieces_put_together_are_the_text(text in "(\u{10FFF0}|\u{10FFF1}|p[0-9a-f]{32}|é|x)*") {
        let again: String = pieces(&text)
            .map(|piece| match piece {
                Piece::Text(text) => text.to_owned(),
                Piece::Token(token) => token.to_string(),
            })
            .collect();
        prop_assert_eq!(again, text);
    }

    #[test]
    fn instrumenting_never_panics_and_keeps_lines(text in "([{}%#\"'`a-c( )|.\n-]|segment\\(|raw|endraw)*") {
        let lines = text.lines().count();
        let instrumented = instrument(&text, &["segment"], |line| line as u64);
        prop_assert_eq!(instrumented.text.lines().count(), lines);
    }
}

#[test]
fn sixty_segments_of_which_three_are_told_apart_are_three_renderings() {
    let space = space(&[60]);
    let explored = explore::<_, ()>(&space, 100, || {
        Ok(if visitor_is_in(&space, 0, &ValueSet::single(7), SITE) {
            "seven"
        } else if visitor_is_in(&space, 0, &[8, 9].into_iter().collect(), SITE) {
            "eight or nine"
        } else {
            "others"
        })
    });
    let mut texts: Vec<&str> = explored
        .unwrap()
        .leaves
        .iter()
        .map(|leaf| leaf.text)
        .collect();
    texts.sort_unstable();
    assert_eq!(texts, ["eight or nine", "others", "seven"]);
}

#[test]
fn too_many_renderings_stop_and_name_the_facets() {
    let space = space(&[9, 9]);
    let classes: Vec<ValueSet> = (0..9).map(ValueSet::single).collect();
    let stopped = explore::<_, ()>(&space, 20, || {
        Ok((
            ask_visitor(&space, 0, &classes, SITE),
            ask_visitor(&space, 1, &classes, SITE),
        ))
    });
    let Err(Stopped::TooMany(facets)) = stopped else {
        panic!("{stopped:?}")
    };
    assert_eq!(facets, [(0, 9), (1, 9)]);
}

#[test]
fn call_sites_are_added_inside_tags_only() {
    let source = "segment(a)\n{{ segment(of=\"team\") }}{# segment( #}\n{% if segment( ) == \"segment(\" %}\
                  {% raw %}{{ segment(x) }}{% endraw %}{{ x | segment(y=1) }}{{ my.segment(z) }}";
    let instrumented = instrument(source, &["segment"], |line| line as u64);
    assert_eq!(
        instrumented.text,
        "segment(a)\n{{ segment(__at=2, of=\"team\") }}{# segment( #}\n\
         {% if segment(__at=3 ) == \"segment(\" %}{% raw %}{{ segment(x) }}{% endraw %}\
         {{ x | segment(y=1) }}{{ my.segment(z) }}"
    );
    assert_eq!(instrumented.column(2, 3), 3);
    assert_eq!(instrumented.column(2, 19), 11);
}

#[test]
fn tokens_survive_the_way_to_text_and_back() {
    let token = Token::Region(Digest::of(b"x"));
    let text = format!("a{token}b");
    let found: Vec<Piece<'_>> = pieces(&text).collect();
    assert_eq!(
        found,
        [Piece::Text("a"), Piece::Token(token), Piece::Text("b")]
    );
}

#[test]
fn directives_are_inline_and_not_in_code() {
    struct Shout;
    impl super::markdown::Resolve for Shout {
        fn directive(&mut self, name: &str, argument: &str) -> Option<String> {
            (name == "price").then(|| format!("<b>{}</b>", argument.to_uppercase()))
        }
        fn file(&mut self, _: &str) -> Option<Digest> {
            None
        }
        fn picture(&mut self, _: &str, _: &str, _: &str) -> Option<String> {
            None
        }
    }
    let html = super::markdown::to_html(
        "# A: b\n\n# A: b\n\nAt 10:30 it is :price[run-01]: `:price[x]` and :other[y] {{ z }}\n\n    :price[z]",
        &mut Shout,
    );
    assert_eq!(
        html,
        "<h1 id=\"a-b\">A: b</h1>\n<h1 id=\"a-b-2\">A: b</h1>\n\
         <p>At 10:30 it is <b>RUN-01</b>: <code>:price[x]</code> and :other[y] {{ z }}</p>\n\
         <pre><code>:price[z]</code></pre>\n"
    );
}

#[test]
fn a_facets_default_is_asked_first() {
    let space = space(&[3]);
    let classes: Vec<ValueSet> = (0..3).map(ValueSet::single).collect();
    let explored =
        explore::<_, ()>(&space, 10, || Ok(ask_visitor(&space, 0, &classes, SITE))).unwrap();
    let order: Vec<usize> = explored.leaves.iter().map(|leaf| leaf.text).collect();
    assert_eq!(order, [2, 0, 1]);
}
