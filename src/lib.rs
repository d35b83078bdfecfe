pub(crate) mod decision;
pub(crate) mod diagnostic;
pub(crate) mod digest;

pub(crate) mod model;
pub(crate) mod source;
