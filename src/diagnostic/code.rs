//! Every problem that can be reported: its name, severity and meaning.

use serde::{Serialize, Serializer};

use super::Severity;

macro_rules! codes {
    ($($variant:ident $name:literal $severity:ident $meaning:literal)*) => {
        /// Which problem a [`super::Diagnostic`] reports.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code {
            $(#[doc = $meaning] $variant,)*
        }

        impl Code {
            /// Every code, in the order of this file.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name that users see: kebab-case, says what is wrong.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// Whether it fails the build.
            pub fn severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }

            /// One sentence on what it means.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => $meaning,)* }
            }
        }
    };
}

codes! {
    // Any file.
    BadYaml "bad-yaml" Error "A YAML file or front matter cannot be parsed."
    DuplicateKey "duplicate-key" Error "A YAML map has the same key twice."
    NotUtf8 "not-utf8" Warning "A text file has bytes that are not UTF-8; they are replaced."
    ReservedCharacter "reserved-character" Error "A file uses a character that marks places in unfinished pages."
    FileTooLarge "file-too-large" Error "A file is larger or nested deeper than any sensible source."
    MissingField "missing-field" Error "A field that must be there is not."
    UnknownField "unknown-field" Warning "A field that nothing reads, probably a misspelling."
    WrongType "wrong-type" Error "A field has a value of the wrong kind."
    BadDate "bad-date" Error "A date or time cannot be understood."
    BadPrice "bad-price" Error "A price is not an amount of the store's currency."
    BadId "bad-id" Error "An id has characters that ids cannot have."

    // haberdash.yaml.
    MissingConfig "missing-config" Error "There is no haberdash.yaml."
    UnknownCurrency "unknown-currency" Error "A currency is not one of ISO 4217."
    UnknownFormat "unknown-format" Error "A picture format is named that this build of haberdash cannot make."
    MissingTheme "missing-theme" Error "The theme that the configuration names does not exist."
    ThemeCycle "theme-cycle" Error "Themes extend one another in a circle."
    UnknownToken "unknown-token" Error "A token is set that no stylesheet of the theme has."
    WeakKey "weak-key" Error "A signing key is too short to be safe."
    DevelopmentKey "development-key" Warning "No signing key is set; signed cookies use the development key."

    // Segments.
    UnknownFacet "unknown-facet" Error "A facet is named that no file in segments/ defines."
    UnknownSegment "unknown-segment" Error "A segment is named that its facet does not have."
    UnknownSignal "unknown-signal" Error "A predicate tests something that no edge can see."
    DuplicateFacet "duplicate-facet" Error "Two files define the same facet."
    DuplicateSegment "duplicate-segment" Error "A facet has two segments with one id."
    UnsignedGate "unsigned-gate" Error "A gated facet can be entered without a signature."
    UnreachableSegment "unreachable-segment" Warning "No visitor can ever be in this segment."
    ContradictoryPredicate "contradictory-predicate" Warning "A predicate can never hold."
    InheritanceCycle "inheritance-cycle" Error "Segments inherit from one another in a circle."
    BadWeights "bad-weights" Error "An experiment's weights do not name its segments or add up to nothing."
    SliceConflict "slice-conflict" Error "Two experiments read the same slice of the visitor id."
    BadCondition "bad-condition" Error "A condition is not of the form `facet=segment,segment`."
    UnreadFacet "unread-facet" Warning "No page asks this facet."

    // Catalog.
    DuplicateProduct "duplicate-product" Error "Two products have the same id."
    DuplicateSku "duplicate-sku" Error "A product has two SKUs with one id."
    UnknownProduct "unknown-product" Error "A product is named that the catalog does not have."
    UnknownCollection "unknown-collection" Error "A collection is named that the catalog does not have."
    UnknownList "unknown-list" Error "A named list is asked for that the catalog does not have."
    UnknownColumn "unknown-column" Error "A column mapping names a column that the file does not have."
    SkippedRow "skipped-row" Warning "A row of a table could not be used and was left out."
    MissingPrice "missing-price" Warning "A product has no price and is shown without one."
    BadTable "bad-table" Error "A CSV or JSON Lines file cannot be read as a table of products."
    SanitizedHtml "sanitized-html" Warning "HTML from outside held scripts or frames, which were removed."
    UnknownSource "unknown-source" Error "A column mapping names a file that does not exist."

    // Customizers.
    DuplicateChoice "duplicate-choice" Error "A product has two options, or an option two choices, with one id."
    UnknownOption "unknown-option" Error "An option is named that the product does not have."
    UnknownChoice "unknown-choice" Error "A choice is named that its option does not have, or a set that there is not."
    UnknownAttribute "unknown-attribute" Error "A constraint asks for an attribute that choices do not have."
    BadConstraint "bad-constraint" Error "A constraint cannot be understood."
    NoValidDesign "no-valid-design" Error "No design of a product meets its constraints."
    DeadChoice "dead-choice" Warning "A choice can never be chosen."
    RedundantConstraint "redundant-constraint" Warning "A constraint demands nothing that the others do not."
    BadDefault "bad-default" Warning "The choices that are shown first do not go together."
    CartCannotSell "cart-cannot-sell" Error "The cart cannot take a product as it is customized."
    CustomizerTooLarge "customizer-too-large" Error "A product's constraints are too much to be compiled."

    // Content.
    UnclosedBlock "unclosed-block" Error "A `:::` block is not closed, or closed without being open."
    UnknownDirective "unknown-directive" Error "A `:::` block or inline directive that haberdash does not know."
    MissingAlt "missing-alt" Warning "An image has no alternative text."
    MissingPage "missing-page" Error "A page is named that the content does not have."
    MissingOverrideBase "missing-override-base" Error "A file overrides a page that does not exist."
    RouteCollision "route-collision" Error "Two sources have the same URL."
    BadAlias "bad-alias" Error "An alias is not a path of the site."
    OneSidedAlternate "one-sided-alternate" Warning "A page names one of another language or region that does not name it back."
    MissingFile "missing-file" Warning "A picture or another file is named that does not exist."
    BrokenPicture "broken-picture" Error "A picture is damaged, too large, or not what its name says."
    UnsafeSvg "unsafe-svg" Warning "A drawing held something that runs or fetches, which was removed."

    // Theme and rendering.
    MissingTemplate "missing-template" Error "A template that a page needs is not in the theme."
    TemplateSyntax "template-syntax" Error "A template cannot be parsed."
    TemplateError "template-error" Error "A template failed while a page was being rendered."
    MissingAsset "missing-asset" Error "A template asks for an asset that the theme does not have."
    FragmentCycle "fragment-cycle" Error "Fragments or regions contain themselves."
    TooManyVariants "too-many-variants" Error "A page has more variants than the budget allows."
    LongName "long-name" Error "A file would have a longer name than file systems take."
    MinifyChangedText "minify-changed-text" Warning "Minifying would have changed the text of a page, so it was left as it was."

    // Edges.
    UnknownTarget "unknown-target" Error "A target is named that haberdash does not know."
    EdgeCannotExpress "edge-cannot-express" Error "An edge cannot express what the site needs of it."
    EdgeLimit "edge-limit" Error "The site is larger than an edge's platform takes."
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
