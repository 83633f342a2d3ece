//! Running a plan: who starts when, and who stops.
//!
//! [`dispatcher`] is the loop and owns the state of the run; [`core`] decides, without a clock or a runtime.

pub mod attempt;
pub mod core;
pub mod dispatcher;
mod estimate;
pub mod evidence;
pub mod signals;
pub mod stop;
mod surroundings;
mod trace;
pub mod witness;
