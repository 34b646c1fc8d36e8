//! Incidents as data, with their loader.
