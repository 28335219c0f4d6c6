//! Fabrics of supernodes: levels, routes by arithmetic, and what a message costs on its way.
