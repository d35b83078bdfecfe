//! [`ValueSet`]: a set of a variable's values.

use std::fmt;

/// A set of small numbers. Equal sets compare equal whatever made them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ValueSet {
    /// 64 values a word; the last word is never zero.
    words: Vec<u64>,
}

impl ValueSet {
    /// The values `0..count`.
    pub fn full(count: u16) -> Self {
        (0..count).collect()
    }

    /// One value.
    pub fn single(value: u16) -> Self {
        let mut set = Self::default();
        set.insert(value);
        set
    }

    /// Adds a value.
    pub fn insert(&mut self, value: u16) {
        let word = usize::from(value / 64);
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (value % 64);
    }

    /// Whether a value is in it.
    pub fn contains(&self, value: u16) -> bool {
        self.words
            .get(usize::from(value / 64))
            .is_some_and(|word| word >> (value % 64) & 1 == 1)
    }

    /// The values that are in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        Self::trimmed(
            self.words
                .iter()
                .zip(&other.words)
                .map(|(a, b)| a & b)
                .collect(),
        )
    }

    /// The values of this set that are not in the other.
    #[must_use]
    pub fn difference(&self, other: &Self) -> Self {
        let others = other.words.iter().chain(std::iter::repeat(&0));
        Self::trimmed(self.words.iter().zip(others).map(|(a, b)| a & !b).collect())
    }

    fn trimmed(mut words: Vec<u64>) -> Self {
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }

    /// Whether no value is in it.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// How many values are in it.
    pub fn len(&self) -> usize {
        self.words
            .iter()
            .map(|word| word.count_ones() as usize)
            .sum()
    }

    /// The smallest value.
    pub fn first(&self) -> Option<u16> {
        self.iter().next()
    }

    /// The values, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u16> + '_ {
        (0..self.words.len() as u16 * 64).filter(|value| self.contains(*value))
    }
}

impl FromIterator<u16> for ValueSet {
    fn from_iter<I: IntoIterator<Item = u16>>(values: I) -> Self {
        let mut set = Self::default();
        values.into_iter().for_each(|value| set.insert(value));
        set
    }
}

impl fmt::Debug for ValueSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}
