//! [`Rows`]: the unique table of one level.

/// Rows of equal width, each kept once and numbered in the order in which they came.
///
/// Open addressing over one flat list of cells: rows are compared in place and none is
/// allocated on its own.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    width: usize,
    cells: Vec<u32>,
    count: u32,
    /// The length is a power of two.
    slots: Vec<Slot>,
}

/// Where a row is found.
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    hash: u32,
    /// The row's number plus one; zero is empty.
    row: u32,
}

impl Rows {
    /// No rows, each to have this many cells.
    pub(super) fn new(width: usize) -> Self {
        Self::with_room(width, 0)
    }

    /// The same, with room for so many cells.
    pub(super) fn with_room(width: usize, cells: usize) -> Self {
        Self {
            width,
            cells: Vec::with_capacity(cells),
            count: 0,
            slots: vec![Slot::default(); 16],
        }
    }

    /// How many different rows there are.
    pub(super) fn len(&self) -> usize {
        self.count as usize
    }

    /// How many cells a row has.
    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// One row.
    pub(super) fn row(&self, number: u32) -> &[u32] {
        let start = number as usize * self.width;
        &self.cells[start..start + self.width]
    }

    /// All rows one after the other.
    pub(super) fn into_cells(self) -> Vec<u32> {
        self.cells
    }

    /// The number of a row, which is added if there is none like it.
    pub(super) fn intern(&mut self, row: &[u32]) -> u32 {
        debug_assert_eq!(row.len(), self.width);
        if self.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let hash = hash(row);
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let slot = self.slots[place];
            if slot.row == 0 {
                self.cells.extend_from_slice(row);
                self.count += 1;
                let row = self.count;
                self.slots[place] = Slot { hash, row };
                return row - 1;
            }
            if slot.hash == hash && self.row(slot.row - 1) == row {
                return slot.row - 1;
            }
            place = (place + 1) & mask;
        }
    }

    fn grow(&mut self) {
        let mask = self.slots.len() * 4 - 1;
        let slots = std::mem::replace(&mut self.slots, vec![Slot::default(); mask + 1]);
        for slot in slots.into_iter().filter(|slot| slot.row != 0) {
            let mut place = slot.hash as usize & mask;
            while self.slots[place].row != 0 {
                place = (place + 1) & mask;
            }
            self.slots[place] = slot;
        }
    }
}

/// The multiply-and-rotate hash of rustc, which is the fastest on few words, two cells at a
/// time; its high bits are the mixed ones. It decides where a row is looked for, never its
/// number.
fn hash(row: &[u32]) -> u32 {
    let mix =
        |hash: u64, word: u64| (hash.rotate_left(5) ^ word).wrapping_mul(0x517c_c1b7_2722_0a95);
    let pairs = row.chunks_exact(2);
    let odd = pairs.remainder().first().map_or(0, |cell| u64::from(*cell));
    let words = pairs.map(|pair| u64::from(pair[0]) << 32 | u64::from(pair[1]));
    (mix(words.fold(0, mix), odd) >> 32) as u32
}
