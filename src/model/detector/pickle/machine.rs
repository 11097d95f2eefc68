//! A stack machine that runs the program of a pickle and has no functions.

use std::collections::HashMap;

use burn::tensor::DType;

use crate::model::detector::pickle::bytes::{Bytes, CUT, memo_index, number, text, whole};
use crate::model::detector::pickle::value::{Items, Place, Storage, StoredView, Value};

/// A hundred times as many as a large model has tensors.
const MAX_ITEMS: usize = 1 << 17;

/// The stack machine while it runs.
#[derive(Default)]
pub struct Machine {
    pub values: Vec<Value>,
    stack: Vec<Place>,
    /// Heights of the stack.
    marks: Vec<usize>,
    memo: HashMap<u32, Place>,
}

impl Machine {
    /// The value that is left when the program stops.
    pub fn run(&mut self, program: &[u8]) -> Result<Place, String> {
        let mut rest = Bytes(program);
        loop {
            match rest.byte()? {
                b'.' => return self.pop(),
                0x80 => drop(rest.byte()?),
                0x95 => drop(rest.length()?),
                // Scalars and texts.
                b'N' | 0x88 | 0x89 => self.push(Value::Other),
                b'I' | b'L' => self.push(number(rest.line()?)),
                b'F' => {
                    rest.line()?;
                    self.push(Value::Other);
                }
                b'G' => {
                    rest.take(8)?;
                    self.push(Value::Other);
                }
                b'J' => {
                    let value = i32::from_le_bytes(rest.array()?);
                    self.push(Value::Int(value.into()));
                }
                b'K' => {
                    let value = rest.byte()?;
                    self.push(Value::Int(value.into()));
                }
                b'M' => {
                    let value = u16::from_le_bytes(rest.array()?);
                    self.push(Value::Int(value.into()));
                }
                0x8a => {
                    let n = rest.byte()?.into();
                    let value = whole(rest.take(n)?);
                    self.push(value);
                }
                0x8b => {
                    let n = rest.long()? as usize;
                    let value = whole(rest.take(n)?);
                    self.push(value);
                }
                b'V' => self.push(text(rest.line()?)),
                b'S' => self.push(text(rest.line()?.trim_ascii_end())),
                b'X' | b'T' | b'B' => {
                    let n = rest.long()? as usize;
                    self.push(text(rest.take(n)?));
                }
                b'U' | b'C' | 0x8c => {
                    let n = rest.byte()?.into();
                    self.push(text(rest.take(n)?));
                }
                0x8d | 0x8e | 0x96 => {
                    let n = rest.length()?;
                    self.push(text(rest.take(n)?));
                }
                // Rows and dictionaries.
                b'(' => self.marks.push(self.stack.len()),
                b')' | b']' | 0x8f => self.push(Value::Row(Vec::new())),
                b'}' => self.push(Value::Items(Vec::new())),
                b't' | b'l' | 0x91 => {
                    let row = self.since_mark()?;
                    self.push(Value::Row(row));
                }
                b'd' => {
                    let row = self.since_mark()?;
                    self.push(Value::Items(pairs(&row)?));
                }
                op @ 0x85..=0x87 => {
                    let n = usize::from(op - 0x84);
                    let at = self.stack.len().checked_sub(n).ok_or(CUT)?;
                    let row = self.stack.split_off(at);
                    self.push(Value::Row(row));
                }
                b'a' => {
                    let value = self.pop()?;
                    self.append(vec![value])?;
                }
                b'e' | 0x90 => {
                    let row = self.since_mark()?;
                    self.append(row)?;
                }
                b's' => {
                    let (value, key) = (self.pop()?, self.pop()?);
                    self.set(vec![(key, value)])?;
                }
                b'u' => {
                    let row = self.since_mark()?;
                    self.set(pairs(&row)?)?;
                }
                // The stack and what is remembered of it.
                b'0' => drop(self.pop()?),
                b'1' => drop(self.since_mark()?),
                b'2' => {
                    let top = self.top()?;
                    self.stack.push(top);
                }
                b'q' => {
                    let at = rest.byte()?.into();
                    self.remember(at)?;
                }
                b'r' => {
                    let at = rest.long()?;
                    self.remember(at)?;
                }
                b'p' => {
                    let at = memo_index(rest.line()?)?;
                    self.remember(at)?;
                }
                0x94 => self.remember(self.memo.len() as u32)?,
                b'h' => {
                    let at = rest.byte()?.into();
                    self.recall(at)?;
                }
                b'j' => {
                    let at = rest.long()?;
                    self.recall(at)?;
                }
                b'g' => {
                    let at = memo_index(rest.line()?)?;
                    self.recall(at)?;
                }
                // Classes and calls.
                b'c' => {
                    let (module, name) = (rest.line()?, rest.line()?);
                    let (module, name) = (
                        String::from_utf8_lossy(module),
                        String::from_utf8_lossy(name),
                    );
                    self.push(Value::Global(format!("{module}.{name}")));
                }
                0x93 => {
                    let (name, module) = (self.pop()?, self.pop()?);
                    let global = match (&self.values[module], &self.values[name]) {
                        (Value::Text(module), Value::Text(name)) => format!("{module}.{name}"),
                        _ => return Err(CUT.to_owned()),
                    };
                    self.push(Value::Global(global));
                }
                b'R' => {
                    let (arguments, function) = (self.pop()?, self.pop()?);
                    let value = self.call(function, arguments);
                    self.push(value);
                }
                0x81 => {
                    self.pop()?;
                    self.pop()?;
                    self.push(Value::Items(Vec::new()));
                }
                0x92 => {
                    self.pop()?;
                    self.pop()?;
                    self.pop()?;
                    self.push(Value::Items(Vec::new()));
                }
                b'b' => {
                    let state = self.pop()?;
                    let items = match &self.values[state] {
                        Value::Items(items) => items.clone(),
                        _ => Vec::new(),
                    };
                    if matches!(self.values[self.top()?], Value::Items(_)) {
                        self.set(items)?;
                    }
                }
                b'Q' => {
                    let id = self.pop()?;
                    let value = self.storage(id);
                    self.push(value);
                }
                b'P' => {
                    rest.line()?;
                    self.push(Value::Other);
                }
                other => {
                    return Err(format!(
                        "its data.pkl has an unknown instruction {other:#x}"
                    ));
                }
            }
        }
    }

    fn push(&mut self, value: Value) {
        self.stack.push(self.values.len());
        self.values.push(value);
    }

    fn pop(&mut self) -> Result<Place, String> {
        self.stack.pop().ok_or_else(|| CUT.to_owned())
    }

    fn top(&self) -> Result<Place, String> {
        self.stack.last().copied().ok_or_else(|| CUT.to_owned())
    }

    fn since_mark(&mut self) -> Result<Vec<Place>, String> {
        let mark = self.marks.pop().ok_or(CUT)?;
        if mark > self.stack.len() {
            return Err(CUT.to_owned());
        }
        Ok(self.stack.split_off(mark))
    }

    fn remember(&mut self, at: u32) -> Result<(), String> {
        let top = self.top()?;
        self.memo.insert(at, top);
        Ok(())
    }

    fn recall(&mut self, at: u32) -> Result<(), String> {
        self.stack.push(*self.memo.get(&at).ok_or(CUT)?);
        Ok(())
    }

    /// An object that poses as a list loses what is put in: nobody asks for it.
    fn append(&mut self, mut row: Vec<Place>) -> Result<(), String> {
        let top = self.top()?;
        if let Value::Row(values) = &mut self.values[top] {
            values.append(&mut row);
        }
        Ok(())
    }

    /// The same for one that poses as a dictionary.
    fn set(&mut self, mut items: Items) -> Result<(), String> {
        let top = self.top()?;
        if let Value::Items(known) = &mut self.values[top] {
            // A dictionary that is put into itself doubles each time.
            if known.len() + items.len() > MAX_ITEMS {
                return Err(format!(
                    "it has a dictionary of more than {MAX_ITEMS} items"
                ));
            }
            known.append(&mut items);
        }
        Ok(())
    }

    /// What a function would give: a tensor, a dictionary, or a thing without attributes.
    fn call(&self, function: Place, arguments: Place) -> Value {
        let nothing = Value::Items(Vec::new());
        let (Value::Global(name), Value::Row(row)) =
            (&self.values[function], &self.values[arguments])
        else {
            return nothing;
        };
        match (name.as_str(), row.as_slice()) {
            ("torch._utils._rebuild_tensor_v2", [storage, offset, shape, strides, ..]) => self
                .view(*storage, *offset, *shape, *strides)
                .unwrap_or(Value::Other),
            ("torch._utils._rebuild_parameter", [data, ..]) => match &self.values[*data] {
                Value::Tensor(tensor) => Value::Tensor(tensor.clone()),
                _ => Value::Other,
            },
            _ => nothing,
        }
    }

    fn view(&self, storage: Place, offset: Place, shape: Place, strides: Place) -> Option<Value> {
        let Value::Storage(storage) = &self.values[storage] else {
            return None;
        };
        let tensor = StoredView {
            key: storage.key.clone(),
            dtype: storage.dtype?,
            shape: self.sizes(shape)?,
            strides: self.sizes(strides)?,
            offset: self.size(offset)?,
        };
        (tensor.shape.len() == tensor.strides.len()).then_some(Value::Tensor(tensor))
    }

    fn size(&self, place: Place) -> Option<usize> {
        match self.values[place] {
            Value::Int(number) => usize::try_from(number).ok(),
            _ => None,
        }
    }

    fn sizes(&self, place: Place) -> Option<Vec<usize>> {
        match &self.values[place] {
            Value::Row(row) => row.iter().map(|place| self.size(*place)).collect(),
            _ => None,
        }
    }

    /// `('storage', class, key, device, n_values)`
    fn storage(&self, id: Place) -> Value {
        let Value::Row(row) = &self.values[id] else {
            return Value::Other;
        };
        let [_, class, key, ..] = row.as_slice() else {
            return Value::Other;
        };
        let (Value::Global(class), Value::Text(key)) = (&self.values[*class], &self.values[*key])
        else {
            return Value::Other;
        };
        let dtype = match class.as_str() {
            "torch.FloatStorage" => Some(DType::F32),
            "torch.DoubleStorage" => Some(DType::F64),
            "torch.HalfStorage" => Some(DType::F16),
            "torch.BFloat16Storage" => Some(DType::BF16),
            "torch.LongStorage" => Some(DType::I64),
            _ => None,
        };
        Value::Storage(Storage {
            key: key.clone(),
            dtype,
        })
    }
}

fn pairs(row: &[Place]) -> Result<Items, String> {
    let (pairs, rest) = row.as_chunks::<2>();
    if !rest.is_empty() {
        return Err(CUT.to_owned());
    }
    Ok(pairs.iter().map(|[key, value]| (*key, *value)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(program: &[u8]) -> Result<(Machine, Place), String> {
        let mut machine = Machine::default();
        let root = machine.run(program)?;
        Ok((machine, root))
    }

    #[test]
    fn unknown_classes_and_calls_are_stepped_over() {
        // {"opt": EasyDict(), with an item and a state, "x": os.system("rm")}
        let program = b"\x80\x02}(X\x03\x00\x00\x00optceasydict\nEasyDict\n)\x81q\x01X\x01\x00\x00\x00aK\x05s}X\x01\x00\x00\x00bK\x06sbX\x01\x00\x00\x00xcos\nsystem\nX\x02\x00\x00\x00rm\x85Ru.";
        let (machine, root) = run(program).unwrap();
        let Value::Items(items) = &machine.values[root] else {
            panic!("no dictionary");
        };
        let Value::Items(opt) = &machine.values[items[0].1] else {
            panic!("no object");
        };
        assert_eq!(opt.len(), 2);
        assert!(matches!(&machine.values[items[1].1], Value::Items(items) if items.is_empty()));
    }

    #[test]
    fn programs_that_make_no_sense_are_errors_and_deep_ones_are_not() {
        for program in [
            &b""[..],
            b".",
            b"\x80",
            b"t.",
            b"(0u.",
            b"h\x01.",
            b"X\xff\xff\xff\x7fab.",
            b"\x8d\xff\xff\xff\xff\xff\xff\xff\xffa.",
            b"(K\x01u.",
            b"\xff.",
            b"(K\x01K\x020001.",
        ] {
            assert!(run(program).is_err(), "{program:?}");
        }
        // A million tuples inside each other, and one that holds itself twice over, thirty times.
        let mut deep = vec![b')'];
        deep.extend(std::iter::repeat_n(0x85, 1_000_000));
        deep.push(b'.');
        assert!(run(&deep).is_ok());
        let mut wide = vec![b')'];
        for _ in 0..30 {
            wide.extend([b'2', 0x86]);
        }
        wide.push(b'.');
        assert!(run(&wide).is_ok());
    }
}
