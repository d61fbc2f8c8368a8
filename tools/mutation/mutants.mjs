// Small wrong changes to compiled sources: what a test that is worth something must notice.
import ts from 'typescript';

const swapped = new Map([
  [ts.SyntaxKind.LessThanToken, ['<=', '>=']],
  [ts.SyntaxKind.LessThanEqualsToken, ['<', '>']],
  [ts.SyntaxKind.GreaterThanToken, ['>=', '<=']],
  [ts.SyntaxKind.GreaterThanEqualsToken, ['>', '<']],
  [ts.SyntaxKind.EqualsEqualsEqualsToken, ['!==']],
  [ts.SyntaxKind.ExclamationEqualsEqualsToken, ['===']],
  [ts.SyntaxKind.AmpersandAmpersandToken, ['||']],
  [ts.SyntaxKind.BarBarToken, ['&&']],
  [ts.SyntaxKind.PlusToken, ['-']],
  [ts.SyntaxKind.MinusToken, ['+']],
  [ts.SyntaxKind.AsteriskToken, ['+']],
]);
const swappedCalls = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['max', 'min'],
  ['min', 'max'],
]);

/** All mutants of one source: `{ start, end, text, line, kind }`, by which the characters from start to end become text. */
export function mutantsOf(name, source) {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true);
  const found = [];
  const note = (kind, from, to, text) => {
    const line = file.getLineAndCharacterOfPosition(from).line + 1;
    found.push({ kind, start: from, end: to, text, line, was: source.slice(from, to) });
  };
  const replace = (kind, node, text) => note(kind, node.getStart(file), node.getEnd(), text);
  const condition = (node) => {
    if (node.kind === ts.SyntaxKind.TrueKeyword) return;
    replace('condition', node, 'true');
    replace('condition', node, 'false');
  };
  const visit = (node) => {
    if (isWiring(node, file)) return;
    if (ts.isBinaryExpression(node))
      for (const text of swapped.get(node.operatorToken.kind) ?? []) replace('operator', node.operatorToken, text);
    if (ts.isIfStatement(node) || ts.isWhileStatement(node)) condition(node.expression);
    if (ts.isConditionalExpression(node)) condition(node.condition);
    if (node.kind === ts.SyntaxKind.TrueKeyword) replace('literal', node, 'false');
    if (node.kind === ts.SyntaxKind.FalseKeyword) replace('literal', node, 'true');
    if (ts.isPrefixUnaryExpression(node) && node.operator === ts.SyntaxKind.ExclamationToken)
      replace('negation', node, node.operand.getText(file));
    if (ts.isPropertyAccessExpression(node) && ts.isCallExpression(node.parent) && swappedCalls.has(node.name.text))
      replace('call', node.name, swappedCalls.get(node.name.text));
    if (ts.isExpressionStatement(node) && !isSuper(node.expression)) replace('statement', node, ';');
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** What the compiler writes to join modules; and checks of what cannot happen, whose loss nothing can notice. */
function isWiring(node, file) {
  if (ts.isFunctionDeclaration(node)) return node.name.text === '_export';
  return ts.isExpressionStatement(node) && wiring.test(node.getText(file));
}

const wiring = /^("use strict"|_export\(|Object\.defineProperty\(exports|\(0, _errors\.invariant\))/;
const isSuper = (node) => ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;

/** The source with one mutant in it. */
export function mutated(source, { start, end, text }) {
  return source.slice(0, start) + text + source.slice(end);
}
