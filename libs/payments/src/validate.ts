import type { PaymentFileError } from './problem';
import type { Rule, Shape } from './shape';
import type { XmlElement } from './xml-tree';

/** At most this many faults are reported of one file. */
const ERRORS_MAX = 50;

/** Collects faults with their line and path. */
export class FaultList {
  readonly errors: PaymentFileError[] = [];

  constructor(private readonly lineOf: (offset: number) => number) {}

  /** Notes one fault; the `isoCode` FF01 says that the file's format is wrong. */
  add(element: XmlElement, path: string, code: string, detail: string, isoCode = 'FF01'): void {
    if (this.errors.length >= ERRORS_MAX) return;
    this.errors.push({ code, isoCode, line: this.lineOf(element.offset), path, detail });
  }

  get full(): boolean {
    return this.errors.length >= ERRORS_MAX;
  }
}

/** Checks an element and everything below it against its shape; notes every fault it finds. */
export function validateElement(element: XmlElement, shape: Shape, path: string, faults: FaultList): void {
  if (shape.kind === 'open' || faults.full) return;
  checkAttributes(element, shape, path, faults);
  if (shape.kind === 'text') {
    if (element.children.length > 0) {
      faults.add(element.children[0], path, 'ELEMENT_UNKNOWN', `${element.name} holds text, not elements`);
    } else if (!shape.pattern.test(element.text.trim())) {
      faults.add(element, path, 'ELEMENT_VALUE_INVALID', `${element.name} must be ${shape.expects}`);
    }
    return;
  }
  if (element.text.trim() !== '') {
    faults.add(element, path, 'ELEMENT_TEXT_UNEXPECTED', `${element.name} holds elements, not text`);
  }
  if (shape.kind === 'choice') checkChoice(element, shape.children, path, faults);
  else checkSequence(element, shape.children, path, faults);
}

function checkAttributes(element: XmlElement, shape: Shape, path: string, faults: FaultList): void {
  const currency = shape.kind === 'text' && shape.currency;
  for (const name of element.attributes.keys()) {
    if ((currency && name === 'Ccy') || /^(xmlns|xml|xsi)(:|$)/.test(name)) continue;
    faults.add(element, `${path}/@${name}`, 'ATTRIBUTE_UNKNOWN', `${element.name} has no attribute ${name}`);
  }
  if (currency && !/^[A-Z]{3}$/.test(element.attributes.get('Ccy') ?? '')) {
    faults.add(
      element,
      `${path}/@Ccy`,
      'ELEMENT_VALUE_INVALID',
      'Ccy must be a currency code of three capital letters',
    );
  }
}

function checkChoice(element: XmlElement, rules: readonly Rule[], path: string, faults: FaultList): void {
  const names = rules.map((rule) => rule.name).join(' or ');
  const [child, second] = element.children;
  const rule = rules.find(({ name }) => name === child?.name);
  if (child === undefined) faults.add(element, path, 'ELEMENT_MISSING', `${element.name} needs ${names}`);
  else if (rule === undefined || second !== undefined) {
    faults.add(second ?? child, path, 'ELEMENT_UNKNOWN', `${element.name} holds exactly one of ${names}`);
  } else validateElement(child, rule.shape, `${path}/${child.name}`, faults);
}

function checkSequence(element: XmlElement, rules: readonly Rule[], path: string, faults: FaultList): void {
  let position = 0;
  for (const rule of rules) {
    let occurrences = 0;
    while (position < element.children.length && element.children[position].name === rule.name) {
      const child = element.children[position];
      occurrences += 1;
      position += 1;
      // Counted here: the path of the five thousandth child must not cost a walk over all its siblings.
      const index = rule.max > 1 ? `[${occurrences}]` : '';
      validateElement(child, rule.shape, `${path}/${rule.name}${index}`, faults);
      if (occurrences === rule.max + 1) {
        faults.add(child, path, 'ELEMENT_REPEATED', `${rule.name} occurs more than ${rule.max} times`);
      }
      if (faults.full) return;
    }
    if (occurrences < rule.min) {
      faults.add(
        element.children[position] ?? element,
        path,
        'ELEMENT_MISSING',
        `${element.name} needs ${rule.name} here`,
      );
    }
  }
  if (position < element.children.length) {
    const child = element.children[position];
    const known = rules.some((rule) => rule.name === child.name);
    const detail = known ? `${child.name} is out of order` : `${child.name} is not known in ${element.name}`;
    faults.add(child, `${path}/${child.name}`, known ? 'ELEMENT_MISPLACED' : 'ELEMENT_UNKNOWN', detail);
  }
}
