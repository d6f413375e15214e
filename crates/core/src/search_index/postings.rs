//! The positions of rows in a segment, as the database stores them.

use super::SEGMENT_SIZE;

const BITMAP_BYTES: usize = SEGMENT_SIZE / 8;

/// A set of positions in a segment.
///
/// It is stored as two bytes for each position, or as a bitmap if that is shorter. A bitmap has an odd length.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Postings([u8; BITMAP_BYTES]);

impl Default for Postings {
    fn default() -> Self {
        Self([0; BITMAP_BYTES])
    }
}

impl Postings {
    /// Ignores a position beyond the segment.
    pub(super) fn insert(&mut self, position: usize) {
        if let Some(byte) = self.0.get_mut(position / 8) {
            *byte |= 1 << (position % 8);
        }
    }

    fn positions(&self) -> impl Iterator<Item = usize> {
        self.0
            .iter()
            .enumerate()
            .filter(|(_, byte)| **byte != 0)
            .flat_map(|(index, byte)| (0..8).filter(move |bit| byte & (1 << bit) != 0).map(move |bit| index * 8 + bit))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|byte| *byte == 0)
    }

    pub(super) fn intersect(&mut self, other: &Self) {
        self.0.iter_mut().zip(other.0).for_each(|(byte, other)| *byte &= other);
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let list: Vec<u8> = self
            .positions()
            .filter_map(|position| u16::try_from(position).ok())
            .flat_map(u16::to_be_bytes)
            .take(BITMAP_BYTES)
            .collect();
        if list.len() < BITMAP_BYTES { list } else { self.0.to_vec() }
    }

    pub(super) fn decode(bytes: &[u8]) -> Self {
        if let Ok(bitmap) = bytes.try_into() {
            return Self(bitmap);
        }
        let mut postings = Self::default();
        for pair in bytes.as_chunks::<2>().0 {
            postings.insert(usize::from(u16::from_be_bytes(*pair)));
        }
        postings
    }

    /// The ids at the positions, of eight bytes each.
    pub(super) fn select(&self, row_ids: &[u8]) -> impl Iterator<Item = i64> {
        let (ids, _) = row_ids.as_chunks::<8>();
        self.positions().filter_map(|position| ids.get(position).map(|id| i64::from_be_bytes(*id)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn decodes_what_it_encodes(positions in prop::collection::btree_set(0..SEGMENT_SIZE, 0..200)) {
            let mut postings = Postings::default();
            positions.iter().for_each(|position| postings.insert(*position));
            prop_assert_eq!(Postings::decode(&postings.encode()), postings.clone());
            prop_assert!(postings.encode().len() <= BITMAP_BYTES);
            prop_assert!(postings.positions().eq(positions));
        }
    }
}
