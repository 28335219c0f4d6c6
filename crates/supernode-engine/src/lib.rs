//! Virtual-time engines over schedules and fabrics: the plain time-ordered ports engine and the closed formula.
