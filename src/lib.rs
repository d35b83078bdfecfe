pub(crate) mod decision;
pub(crate) mod diagnostic;
pub(crate) mod digest;

pub(crate) mod model;
pub(crate) mod source;

pub(crate) mod plan;

pub(crate) mod render;

pub(crate) mod finish;

pub(crate) mod routing;

pub(crate) mod output;

pub(crate) mod emit;
