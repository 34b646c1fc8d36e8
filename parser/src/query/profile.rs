//! Whose search is meant.

/// A program that answers Chef searches; they differ in grammar and in meaning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Profile {
    /// Chef Infra Server 15: chef_lucene in front, OpenSearch `query_string` behind.
    #[default]
    Server,
    /// Chef Server 12 to 14 by default: the same front, Solr 4 behind.
    Solr4,
    /// chef-zero 15: Test Kitchen, `chef-client --local-mode`, ChefSpec.
    Zero,
}

impl Profile {
    pub const ALL: [Profile; 3] = [Profile::Server, Profile::Solr4, Profile::Zero];

    /// The word for it on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Solr4 => "solr4",
            Self::Zero => "zero",
        }
    }

    /// The profile of a word of [`Self::as_str`].
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == name)
    }
}
