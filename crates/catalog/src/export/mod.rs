//! Content written out in the formats of shops and feeds.
