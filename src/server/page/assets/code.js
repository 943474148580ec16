/**
 * A call of the service.
 * @typedef {object} Call
 * @property {string} url of the service
 * @property {boolean} needsKey
 * @property {string} query
 * @property {string} instruction empty for the service's own
 * @property {readonly string[]} documents
 */

/**
 * The call as a TypeScript program.
 * @param {Call} call
 */
export function asTypeScript({ url, needsKey, query, instruction, documents }) {
  const key = needsKey ? ', apiKey: process.env.RERANKIT_API_KEY' : '';
  const options = instruction === '' ? '' : `, {\n  instruction: ${quoted(instruction)},\n}`;
  return `import { Reranker } from 'rerankit';

const reranker = await Reranker.connect(${quoted(url)}, { protocol: 'rerankit'${key} });

const documents = [
${documents.map((each) => `  ${quoted(each)},\n`).join('')}];
const { results } = await reranker.rerank(${quoted(query)}, documents${options});

for (const { score, document } of results) console.log(score.toFixed(3), document);
`;
}

/**
 * The call as a command for a POSIX shell. The body is a here-document that the shell takes as it is: no line of JSON is a
 * bare END.
 * @param {Call} call
 */
export function asCurl({ url, needsKey, query, instruction, documents }) {
  const key = needsKey ? `  -H "Authorization: Bearer $RERANKIT_API_KEY" \\\n` : '';
  const how = instruction === '' ? '' : `  "instruction": ${quoted(instruction)},\n`;
  return `curl ${shellQuoted(`${url.replace(/\/$/, '')}/v2/rerank`)} \\
  -H 'Content-Type: application/json' \\
${key}  --data-binary @- <<'END'
{
  "query": ${quoted(query)},
${how}  "documents": [
${documents.map((each) => `    ${quoted(each)}`).join(',\n')}
  ]
}
END
`;
}

/**
 * A string of JSON, which is one of TypeScript too. Characters that cannot be seen or that turn the direction of writing are
 * escaped: code that is pasted is what it looks like.
 * @param {string} text
 */
function quoted(text) {
  return JSON.stringify(text).replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, escaped);
}

/** @param {string} character of one or two units */
function escaped(character) {
  return character
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** @param {string} text */
function shellQuoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
