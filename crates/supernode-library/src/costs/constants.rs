//! The constants by name: what each means, its unit, and where it may plausibly lie.

/// A constant: what it means, and where it may plausibly lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parameter {
    /// Key in the data file.
    pub key: &'static str,
    /// Unit; `share` is a ratio.
    pub unit: &'static str,
    /// Least plausible value.
    pub low: f64,
    /// Greatest plausible value.
    pub high: f64,
    /// What it stands for.
    pub meaning: &'static str,
}

/// Declares a set of constants: an enum of keys, and the table that describes them.
macro_rules! constants {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $key:literal, $unit:literal, $low:literal, $high:literal, $meaning:literal;)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $(#[doc = $meaning] $variant,)*
        }

        impl $name {
            /// All constants, in the order of the enum.
            pub const PARAMETERS: &'static [Parameter] = &[$(Parameter {
                key: $key, unit: $unit, low: $low, high: $high, meaning: $meaning,
            },)*];
        }
    };
}

constants! {
    /// Costs of the kernels on one architecture of chips.
    Chip {
        Dispatch = "dispatch", "us", 1.0, 20.0, "least time between two launches on a stream, however short the kernel";
        Base = "base", "us", 2.0, 20.0, "start and end of a kernel with LL, whatever it moves";
        Ll128Base = "ll128-base", "us", 2.0, 40.0, "start and end of a kernel with LL128";
        SimpleBase = "simple-base", "us", 2.0, 40.0, "start and end of a kernel with Simple: addresses exchanged, fences";
        Ll = "ll", "us", 0.1, 6.0, "one step over the scale-up links with the LL protocol";
        Ll128 = "ll128", "us", 0.4, 12.0, "one step over the scale-up links with LL128";
        Simple = "simple", "us", 0.5, 20.0, "one slice of a step over the scale-up links with Simple";
        Link = "link", "share", 0.2, 0.95, "payload rate of Simple, of the published line rate";
        LlChannel = "ll-channel", "GB/s", 1.0, 40.0, "payload rate of one channel with LL";
        Ll128Rate = "ll128-rate", "share", 0.4, 0.97, "payload rate of LL128, of that of Simple";
        SharedLink = "shared-link", "share", 0.1, 1.0, "payload rate left where more than two ranks share host bridges";
        NvlsBase = "nvls-base", "us", 5.0, 60.0, "start, barriers and end of an in-switch kernel";
        NvlsStep = "nvls-step", "us", 0.5, 40.0, "one round of chunks through the switch";
        NvlsFill = "nvls-fill", "rounds", 0.0, 6.0, "rounds of chunks that fill the switch before the first result";
        NvlsRate = "nvls-rate", "share", 0.3, 0.9, "bytes per port of an in-switch all-reduce, algbw (n-1)/n, of the line rate";
        DirectBase = "direct-base", "us", 1.0, 15.0, "start, barrier and end of a custom kernel that reads its peers, in a graph";
        DirectStep = "direct-step", "us", 0.5, 15.0, "the second barrier of a custom kernel";
        P2pBase = "p2p-base", "us", 2.0, 40.0, "start and end of a send and receive kernel";
        P2pPeer = "p2p-peer", "us", 0.0, 12.0, "each further peer of a send and receive kernel";
        P2pChannel = "p2p-channel", "GB/s", 1.0, 80.0, "payload rate of one channel of a send and receive kernel";
        P2pStep = "p2p-step", "us", 0.5, 40.0, "synchronisation of sends and receives with Simple";
        P2pRate = "p2p-rate", "share", 0.1, 0.95, "payload rate of sends and receives, of the line rate";
    }
}

constants! {
    /// Costs of the network below the library.
    Network {
        Ll = "ll", "us", 1.0, 120.0, "one step over the network with LL: proxy thread, NIC, wire, flag";
        Ll128 = "ll128", "us", 1.0, 150.0, "one step over the network with LL128";
        Simple = "simple", "us", 2.0, 300.0, "one step over the network with Simple";
        LlScan = "ll-scan", "GB/s", 0.3, 40.0, "rate at which a proxy thread finds the flags in the lines of LL that it sends";
        Ring = "ring", "us", 0.0, 60.0, "what a ring adds to such a step: it leaves a node by another device than it came in";
        Channel = "channel", "us", 0.0, 10.0, "each channel that a proxy thread serves in a step";
        Peer = "peer", "us", 0.0, 10.0, "each peer of another node in an all-to-all";
        Rate = "rate", "share", 0.3, 1.0, "payload rate between two nodes, of what the NICs carry";
        FarRate = "far-rate", "share", 0.3, 1.0, "what congestion leaves of it between more than two nodes";
        CrossRate = "cross-rate", "share", 0.1, 1.0, "payload rate where all nodes send to all, of the NICs' line rate";
        TreeRate = "tree-rate", "share", 0.3, 1.0, "payload rate of a NIC that sends and receives for a tree at once";
        Collnet = "collnet", "share", 0.3, 1.0, "payload rate of a reduction in the network, of the NICs' line rate";
    }
}

constants! {
    /// Costs that follow from how kernels are built and launched, on any chip.
    Common {
        Ends = "ends", "steps", 0.0, 1.5, "copies of the own block at both ends of an all-gather or reduce-scatter, in steps";
        AllReduceEnds = "all-reduce-ends", "steps", 0.0, 1.5, "the same for an all-reduce";
        Fill = "fill", "stages", 0.0, 4.0, "chunks that each stage of a tree over nodes waits for at the start";
        Launch = "launch", "us", 1.0, 10.0, "one rank's launch where one process launches for all ranks of a node";
        LaunchChannel = "launch-channel", "us", 0.0, 1.0, "what each channel of the kernel adds to that launch: its work is written by the host";
        Host = "host", "us", 0.0, 200.0, "what a runtime adds that waits for every call";
    }
}
