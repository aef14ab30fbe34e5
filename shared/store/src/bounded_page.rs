//! One page of a list that is filtered while it is read. Reading stops when the page is full or when it has read the
//! maximum number of items.

/// The matching items found so far, and the position at which reading continues.
#[derive(Debug)]
pub struct BoundedPage<T> {
    found: Vec<T>,
    behind: Option<String>,
    is_begun: bool,
    looked_at: usize,
    limit: usize,
    most: usize,
}

impl<T> BoundedPage<T> {
    /// Creates a page of at most `limit` items that starts after the sort key `after`. The page is done once `most`
    /// items have been read.
    pub fn new(after: Option<String>, limit: usize, most: usize) -> Self {
        Self {
            found: Vec::new(),
            behind: after,
            is_begun: false,
            looked_at: 0,
            limit,
            most,
        }
    }

    /// Returns the sort key after which to read next; `None` for the beginning of the list.
    pub fn behind(&self) -> Option<String> {
        self.behind.clone()
    }

    /// Adds one read of `looked_at` items, of which `wanted` matched. The list continues after `next`; `None` is its
    /// end.
    pub fn take(
        &mut self,
        wanted: impl IntoIterator<Item = T>,
        looked_at: usize,
        next: Option<String>,
    ) {
        self.found.extend(wanted);
        self.behind = next;
        self.is_begun = true;
        self.looked_at += looked_at;
    }

    /// Returns whether the page needs no further read.
    pub fn is_done(&self) -> bool {
        let is_enough = self.found.len() >= self.limit || self.looked_at >= self.most;
        self.is_begun && (self.behind.is_none() || is_enough)
    }

    /// Returns the items of the page, and the sort key after which the next page starts; `None` if it is the last page.
    ///
    /// `place` returns the sort key of an item.
    pub fn page(mut self, place: impl Fn(&T) -> &str) -> (Vec<T>, Option<String>) {
        if self.found.len() > self.limit {
            self.found.truncate(self.limit);
            self.behind = self.found.last().map(|last| place(last).to_owned());
        }
        (self.found, self.behind)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gather(limit: usize, most: usize, wanted: impl Fn(&u32) -> bool) -> (Vec<String>, String) {
        let mut page = BoundedPage::new(None, limit, most);
        while !page.is_done() {
            let behind = page.behind();
            let begin = behind.map_or(0, |behind| behind.parse::<u32>().unwrap() + 1);
            let read = begin..begin + 10;
            let found = read.clone().filter(&wanted).map(|n| n.to_string());
            let next = (read.end < 50).then(|| (read.end - 1).to_string());
            page.take(found, read.len(), next);
        }
        let (found, next) = page.page(|one| one);
        (found, next.unwrap_or_default())
    }

    #[test]
    fn a_page_ends_where_the_next_one_begins() {
        let found = |all: &[u32]| -> Vec<String> { all.iter().map(u32::to_string).collect() };
        assert_eq!(
            gather(3, 100, |_| true),
            (found(&[0, 1, 2]), "2".to_owned())
        );
        let tens = |n: &u32| n.is_multiple_of(10);
        assert_eq!(gather(2, 100, tens), (found(&[0, 10]), "19".to_owned()));
        assert_eq!(gather(9, 20, tens), (found(&[0, 10]), "19".to_owned()));
        let all = found(&[0, 10, 20, 30, 40]);
        assert_eq!(gather(9, 100, tens), (all, String::new()));
        assert_eq!(gather(9, 20, |_| false), (Vec::new(), "19".to_owned()));
    }
}
