//! No code: names the features of shared dependencies, so that Cargo builds each of them once for every target of the workspace.
