//! A map that takes next to nothing where it has one item, which is nearly always.

use std::collections::BTreeMap;

/// Items by key, in order. A tree of the standard library makes room for eleven with the first.
#[derive(Debug, Clone)]
pub struct Few<K, V>(State<K, V>);

#[derive(Debug, Clone)]
enum State<K, V> {
    One(Option<(K, V)>),
    Many(BTreeMap<K, V>),
}

impl<K: Ord, V> Few<K, V> {
    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        match &self.0 {
            State::One(one) => one.is_none(),
            State::Many(many) => many.is_empty(),
        }
    }

    /// Returns the item of a key.
    pub fn get(&self, key: &K) -> Option<&V> {
        match &self.0 {
            State::One(one) => one.as_ref().filter(|(own, _)| own == key).map(|(_, item)| item),
            State::Many(many) => many.get(key),
        }
    }

    /// Returns the item of a key, to be changed.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        match &mut self.0 {
            State::One(one) => one.as_mut().filter(|(own, _)| own == key).map(|(_, item)| item),
            State::Many(many) => many.get_mut(key),
        }
    }

    /// Puts an item in the place of a key.
    pub fn insert(&mut self, key: K, item: V) {
        match &mut self.0 {
            State::Many(many) => {
                many.insert(key, item);
            }
            State::One(one) => match one.take() {
                Some((own, before)) if own != key => {
                    self.0 = State::Many(BTreeMap::from([(own, before), (key, item)]));
                }
                _ => *one = Some((key, item)),
            },
        }
    }

    /// Takes the item of a key away.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        match &mut self.0 {
            State::One(one) => one.take_if(|(own, _)| own == key).map(|(_, item)| item),
            State::Many(many) => many.remove(key),
        }
    }

    /// Returns the first item and its key.
    pub fn first(&self) -> Option<(&K, &V)> {
        self.iter().next()
    }

    /// Returns the last item and its key.
    pub fn last(&self) -> Option<(&K, &V)> {
        match &self.0 {
            State::One(one) => one.as_ref().map(|(key, item)| (key, item)),
            State::Many(many) => many.last_key_value(),
        }
    }

    /// Returns the items, in the order of their keys.
    pub fn into_values(self) -> impl Iterator<Item = V> {
        let (one, many) = match self.0 {
            State::One(one) => (one, None),
            State::Many(many) => (None, Some(many)),
        };
        let many = many.into_iter().flat_map(BTreeMap::into_values);
        one.map(|(_, item)| item).into_iter().chain(many)
    }

    /// Returns the items with their keys, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let (one, many) = match &self.0 {
            State::One(one) => (one.as_ref(), None),
            State::Many(many) => (None, Some(many)),
        };
        one.map(|(key, item)| (key, item)).into_iter().chain(many.into_iter().flatten())
    }
}

impl<K, V> Default for Few<K, V> {
    fn default() -> Self {
        Self(State::One(None))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// It is the map of the standard library, whatever is done to it.
        #[test]
        fn is_a_map(steps in proptest::collection::vec((any::<bool>(), 0_u8..4, any::<u8>()), 0..40)) {
            let (mut few, mut map) = (Few::default(), BTreeMap::new());
            for (adds, key, item) in steps {
                if adds {
                    few.insert(key, item);
                    map.insert(key, item);
                } else {
                    prop_assert_eq!(few.remove(&key), map.remove(&key));
                }
                prop_assert!(few.iter().eq(map.iter()));
                prop_assert_eq!((few.first(), few.is_empty()), (map.first_key_value(), map.is_empty()));
                prop_assert_eq!(few.last(), map.last_key_value());
                prop_assert_eq!(few.get(&key), map.get(&key));
                prop_assert_eq!(few.get_mut(&key), map.get_mut(&key));
                prop_assert!(few.clone().into_values().eq(map.clone().into_values()));
            }
        }
    }
}
