//! Files of shops and feeds read into products.
