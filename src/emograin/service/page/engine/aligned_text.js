/** A text that was derived from another one, with the place of each of its characters in it. */

/** Each UTF-16 unit of `text` comes from the units `starts` to `ends` (exclusive) of the original. */
export class AlignedText {
  constructor(text, starts, ends) {
    this.text = text;
    this.starts = starts;
    this.ends = ends;
  }

  static of(text) {
    const starts = new Array(text.length), ends = new Array(text.length);
    for (let at = 0; at < text.length; ) {
      const width = text.codePointAt(at) > 0xffff ? 2 : 1;
      starts[at] = at;
      ends[at] = at + width;
      if (width === 2) { starts[at + 1] = at; ends[at + 1] = at + 2; }
      at += width;
    }
    return new AlignedText(text, starts, ends);
  }

  get length() { return this.text.length; }

  slice(from, to) {
    return new AlignedText(this.text.slice(from, to), this.starts.slice(from, to), this.ends.slice(from, to));
  }

  /** Return the span in the original of the units `from` to `to` (exclusive). */
  span(from, to) {
    return to > from ? [this.starts[from], this.ends[to - 1]] : [0, 0];
  }

  /** Replace each character by the string that `change` returns; its units take the character's place. */
  mapCharacters(change) {
    const made = new Builder();
    for (let at = 0; at < this.text.length; ) {
      const character = String.fromCodePoint(this.text.codePointAt(at));
      made.add(change(character), this.starts[at], this.ends[at]);
      at += character.length;
    }
    return made.build();
  }

  /** Replace matches of a global pattern; new units take the place of the last one that they replace. */
  replace(pattern, content) {
    pattern.lastIndex = 0;  // where matchAll begins
    const matches = Array.from(this.text.matchAll(pattern));
    if (!matches.length) return this;
    const made = new Builder();
    let last = 0;
    for (const { index, 0: found } of matches) {
      made.copy(this, last, index);
      last = index + found.length;
      const at = Math.max(last - 1, 0);
      made.add(content, this.starts[at] ?? 0, this.ends[at] ?? 0);
    }
    made.copy(this, last, this.length);
    return made.build();
  }
}

/** Builds a text of parts, in linear time. */
export class Builder {
  parts = [];
  starts = [];
  ends = [];

  add(content, start, end) {
    this.parts.push(content);
    for (let at = 0; at < content.length; at++) { this.starts.push(start); this.ends.push(end); }
  }

  copy(source, from, to) {
    this.parts.push(source.text.slice(from, to));
    for (let at = from; at < to; at++) { this.starts.push(source.starts[at]); this.ends.push(source.ends[at]); }
  }

  build() {
    return new AlignedText(this.parts.join(""), this.starts, this.ends);
  }
}
