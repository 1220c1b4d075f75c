//! Cuts what only panics use out of the linked module.
//!
//! A panic in WebAssembly is a trap, and nobody sees its words: yet the standard library writes
//! them, and with them come its formatting machinery, tables of Unicode and names of source files.
//! Here code that can do nothing but trap becomes a trap at once; functions and data that nothing
//! refers to any more are blanked. What refers to what is known exactly, from the relocations that
//! the linker leaves with `--emit-relocs`.
//!
//! The module keeps its layout, so nothing has to be renumbered; wasm-opt drops the blanks.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use anyhow::{Context, Result, ensure};
use wasmparser::{
    BinaryReader, CustomSectionReader, ExternalKind, FunctionBody, Linking, LinkingSectionReader,
    Operator, Parser, Payload, RelocSectionReader, RelocationType, SymbolInfo, TypeRef,
};

/// What the linker has to be told.
pub(crate) const LINKER_FLAG: &str = "-Clink-arg=--emit-relocs";

/// The sections with what the linker leaves; nobody needs them afterwards.
pub(crate) const SECTIONS: [&str; 3] = ["linking", "reloc.CODE", "reloc.DATA"];

/// What panics come down to, by parts of the functions' mangled names.
const PANICS: [&str; 4] = [
    "4core9panicking9panic_fmt",
    "3std9panicking15panic_with_hook",
    "3std9panicking20rust_panic_with_hook",
    "5alloc18handle_alloc_error",
];

const UNREACHABLE: u8 = 0x00;
const NOP: u8 = 0x01;
const END: u8 = 0x0b;

/// Blanks what only panics use.
pub(crate) fn prune(bytes: &mut [u8]) -> Result<()> {
    let mut module = Module::read(bytes)?;
    let outward = module.outward();
    let traps = module.traps(&outward);
    for dead in module.dead_ends(bytes, &traps, &outward)? {
        module.forget(&dead);
        let code = bytes.get_mut(dead).context("code outside the file")?;
        code.fill(NOP);
        if let Some(first) = code.first_mut() {
            *first = UNREACHABLE;
        }
    }
    let live = module.live(&traps);
    for (function, index) in module.functions() {
        if traps.contains(&index) || !live.functions.contains(&index) {
            let body = bytes.get_mut(function.body.clone());
            let body = body.context("a function outside the file")?;
            body.fill(NOP);
            if let [locals, trap, .., end] = body {
                (*locals, *trap, *end) = (0, UNREACHABLE, END);
            }
        }
    }
    // Symbols may overlap: a byte is blanked if it belongs to dead ones alone.
    let mut blank = BTreeSet::new();
    for (range, number) in module.data() {
        if !live.data.contains(&number) {
            blank.extend(range);
        }
    }
    for (range, number) in module.data() {
        if live.data.contains(&number) {
            for at in range {
                blank.remove(&at);
            }
        }
    }
    for at in blank {
        *bytes.get_mut(at).context("data outside the file")? = 0;
    }
    Ok(())
}

/// A module as far as it matters here. All ranges are places in the file.
#[derive(Default)]
struct Module {
    /// How many functions are imported; the others are numbered after them.
    imported: u32,
    functions: Vec<Function>,
    /// The functions that the host may call.
    roots: Vec<u32>,
    segments: Vec<Range<usize>>,
    sections: BTreeMap<u32, Range<usize>>,
    symbols: Vec<Symbol>,
    /// Places that refer to symbols, in order.
    references: Vec<(usize, u32)>,
}

struct Function {
    /// Its locals and code.
    body: Range<usize>,
    calls: BTreeSet<u32>,
    calls_indirectly: bool,
    /// It ends in a trap, if it ends.
    never_returns: bool,
}

enum Symbol {
    Function { index: u32, panics: bool },
    Data(Range<usize>),
    Other,
}

/// Functions by their index, and data by the number of its symbol.
#[derive(Default)]
struct Live {
    functions: BTreeSet<u32>,
    data: BTreeSet<u32>,
}

impl Module {
    fn read(bytes: &[u8]) -> Result<Self> {
        let mut module = Self::default();
        let mut number = 0;
        for payload in Parser::new(0).parse_all(bytes) {
            let payload = payload?;
            if let Some((_, range)) = payload.as_section() {
                module.sections.insert(number, range);
                number += 1;
            }
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        module.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        if export.kind == ExternalKind::Func {
                            module.roots.push(export.index);
                        }
                    }
                }
                Payload::StartSection { func, .. } => module.roots.push(func),
                Payload::CodeSectionEntry(body) => module.functions.push(Function::read(&body)?),
                Payload::DataSection(segments) => {
                    for segment in segments {
                        let segment = segment?;
                        let end = segment.range.end;
                        module.segments.push(end - segment.data.len()..end);
                    }
                }
                Payload::CustomSection(custom) => module.read_custom(&custom)?,
                _ => {}
            }
        }
        ensure!(
            !module.references.is_empty(),
            "the module has no relocations: was it linked with {LINKER_FLAG}?"
        );
        ensure!(
            module.panics().next().is_some(),
            "no function panics: the standard library calls it otherwise now"
        );
        module.references.sort_unstable();
        Ok(module)
    }

    /// Symbols and relocations stand behind what they are about.
    fn read_custom(&mut self, custom: &CustomSectionReader<'_>) -> Result<()> {
        let reader = BinaryReader::new(custom.data(), custom.data_offset());
        if custom.name() == "linking" {
            for part in LinkingSectionReader::new(reader)?.subsections() {
                if let Linking::SymbolTable(symbols) = part? {
                    for symbol in symbols {
                        let symbol = self.symbol(&symbol?)?;
                        self.symbols.push(symbol);
                    }
                }
            }
        } else if custom.name().starts_with("reloc.") {
            let relocations = RelocSectionReader::new(reader)?;
            let section = self.sections.get(&relocations.section_index());
            let start = section.context("relocations of no section")?.start;
            for relocation in relocations.entries() {
                let relocation = relocation?;
                if relocation.ty != RelocationType::TypeIndexLeb {
                    let place = start + relocation.offset as usize;
                    self.references.push((place, relocation.index));
                }
            }
        }
        Ok(())
    }

    fn symbol(&self, symbol: &SymbolInfo<'_>) -> Result<Symbol> {
        Ok(match symbol {
            SymbolInfo::Func { index, name, .. } => {
                let name = name.unwrap_or_default();
                Symbol::Function {
                    index: *index,
                    panics: PANICS.iter().any(|panic| name.contains(panic)),
                }
            }
            SymbolInfo::Data {
                symbol: Some(data), ..
            } => {
                let segment = self.segments.get(data.index as usize);
                let segment = segment.context("a symbol outside all data")?;
                let start = segment.start + data.offset as usize;
                Symbol::Data(start..start + data.size as usize)
            }
            _ => Symbol::Other,
        })
    }

    fn functions(&self) -> impl Iterator<Item = (&Function, u32)> {
        self.functions.iter().zip(self.imported..)
    }

    fn data(&self) -> impl Iterator<Item = (Range<usize>, u32)> {
        let numbered = self.symbols.iter().zip(0..);
        numbered.filter_map(|(symbol, number)| match symbol {
            Symbol::Data(range) => Some((range.clone(), number)),
            _ => None,
        })
    }

    fn panics(&self) -> impl Iterator<Item = u32> {
        self.symbols.iter().filter_map(|symbol| match symbol {
            Symbol::Function {
                index,
                panics: true,
            } => Some(*index),
            _ => None,
        })
    }

    /// The functions that may call the host, which could tell; panics apart.
    fn outward(&self) -> BTreeSet<u32> {
        let panics: BTreeSet<u32> = self.panics().collect();
        let mut outward: BTreeSet<u32> = (0..self.imported).collect();
        loop {
            let known = outward.len();
            for (function, index) in self.functions() {
                let calls_out = function.calls_indirectly || !function.calls.is_disjoint(&outward);
                if calls_out && !panics.contains(&index) {
                    outward.insert(index);
                }
            }
            if outward.len() == known {
                return outward;
            }
        }
    }

    /// The functions that can do nothing but trap.
    fn traps(&self, outward: &BTreeSet<u32>) -> BTreeSet<u32> {
        let silent = self
            .functions()
            .filter(|(function, index)| function.never_returns && !outward.contains(index));
        self.panics()
            .chain(silent.map(|(_, index)| index))
            .collect()
    }

    /// The stretches of code that run straight into a trap, without calling the host before.
    fn dead_ends(
        &self,
        bytes: &[u8],
        traps: &BTreeSet<u32>,
        outward: &BTreeSet<u32>,
    ) -> Result<Vec<Range<usize>>> {
        let mut dead = Vec::new();
        for function in &self.functions {
            let body = bytes.get(function.body.clone());
            let body = body.context("a function outside the file")?;
            let body = FunctionBody::new(BinaryReader::new(body, function.body.start));
            let mut operators = body.get_operators_reader()?;
            let mut start = operators.original_position();
            while !operators.eof() {
                let operator = operators.read()?;
                let end = operators.original_position();
                match operator {
                    Operator::Unreachable => dead.push(start..end),
                    Operator::Call { function_index } if traps.contains(&function_index) => {
                        dead.push(start..end);
                    }
                    Operator::Call { function_index } if !outward.contains(&function_index) => {}
                    Operator::Call { .. }
                    | Operator::CallIndirect { .. }
                    | Operator::Return
                    | Operator::Block { .. }
                    | Operator::Loop { .. }
                    | Operator::If { .. }
                    | Operator::Else
                    | Operator::End
                    | Operator::Br { .. }
                    | Operator::BrIf { .. }
                    | Operator::BrTable { .. } => start = end,
                    _ => {}
                }
            }
        }
        Ok(dead)
    }

    /// The references of a range.
    fn inside(&self, range: &Range<usize>) -> Range<usize> {
        let before = |end: usize| self.references.partition_point(|(place, _)| *place < end);
        before(range.start)..before(range.end)
    }

    /// Drops the references of a range.
    fn forget(&mut self, range: &Range<usize>) {
        let inside = self.inside(range);
        self.references.drain(inside);
    }

    /// What the host can reach, directly or not. What traps reaches nothing.
    fn live(&self, traps: &BTreeSet<u32>) -> Live {
        let mut live = Live::default();
        let mut open: Vec<Range<usize>> = Vec::new();
        let reach = |index: u32, live: &mut Live, open: &mut Vec<_>| {
            let local = index.checked_sub(self.imported);
            let function = local.and_then(|local| self.functions.get(local as usize));
            if live.functions.insert(index) && !traps.contains(&index) {
                open.extend(function.map(|function| function.body.clone()));
            }
        };
        for root in &self.roots {
            reach(*root, &mut live, &mut open);
        }
        while let Some(range) = open.pop() {
            for (_, symbol) in self.references.get(self.inside(&range)).unwrap_or_default() {
                match self.symbols.get(*symbol as usize) {
                    Some(Symbol::Function { index, .. }) => reach(*index, &mut live, &mut open),
                    Some(Symbol::Data(range)) if live.data.insert(*symbol) => {
                        open.push(range.clone());
                    }
                    _ => {}
                }
            }
        }
        live
    }
}

impl Function {
    fn read(body: &FunctionBody<'_>) -> Result<Self> {
        let mut function = Self {
            body: body.range(),
            calls: BTreeSet::new(),
            calls_indirectly: false,
            never_returns: false,
        };
        let (mut depth, mut returns, mut trapped) = (0, false, false);
        for operator in body.get_operators_reader()? {
            let operator = operator?;
            match &operator {
                Operator::Block { .. } | Operator::Loop { .. } | Operator::If { .. } => depth += 1,
                Operator::End if depth == 0 => function.never_returns = trapped && !returns,
                Operator::End => depth -= 1,
                Operator::Return => returns = true,
                Operator::Br { relative_depth } | Operator::BrIf { relative_depth } => {
                    returns |= *relative_depth == depth;
                }
                Operator::BrTable { targets } => {
                    returns |= targets.default() == depth;
                    for target in targets.targets() {
                        returns |= target? == depth;
                    }
                }
                Operator::Call { function_index } => {
                    function.calls.insert(*function_index);
                }
                Operator::CallIndirect { .. } => function.calls_indirectly = true,
                _ => {}
            }
            trapped = matches!(operator, Operator::Unreachable);
        }
        Ok(function)
    }
}

#[cfg(test)]
mod tests {
    use super::prune;

    #[test]
    fn a_module_without_relocations_is_refused() {
        let mut empty = *b"\0asm\x01\0\0\0";
        assert!(prune(&mut empty).is_err_and(|error| error.to_string().contains("--emit-relocs")));
    }
}
