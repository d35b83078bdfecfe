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
    /// A row's number plus one, or zero; the length is a power of two.
    slots: Vec<u32>,
}

impl Rows {
    /// No rows, each to have this many cells.
    pub(super) fn new(width: usize) -> Self {
        Self {
            width,
            cells: Vec::new(),
            count: 0,
            slots: vec![0; 16],
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
        let slot = self.slot(row);
        if self.slots[slot] == 0 {
            self.cells.extend_from_slice(row);
            self.count += 1;
            self.slots[slot] = self.count;
        }
        self.slots[slot] - 1
    }

    /// The slot that has a row, or the empty one where it belongs.
    fn slot(&self, row: &[u32]) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = hash(row) as usize & mask;
        while self.slots[slot] != 0 && self.row(self.slots[slot] - 1) != row {
            slot = (slot + 1) & mask;
        }
        slot
    }

    fn grow(&mut self) {
        self.slots = vec![0; self.slots.len() * 4];
        for number in 0..self.count {
            let slot = self.slot(self.row(number));
            self.slots[slot] = number + 1;
        }
    }
}

/// The multiply-and-rotate hash of rustc, which is the fastest on few words; its high bits
/// are the mixed ones. It decides where a row is looked for, never its number.
fn hash(row: &[u32]) -> u64 {
    let mixed = row.iter().fold(0_u64, |hash, cell| {
        (hash.rotate_left(5) ^ u64::from(*cell)).wrapping_mul(0x517c_c1b7_2722_0a95)
    });
    mixed >> 32
}
