import type { Token } from '../../core/tokens/token.js';
import { ageOf } from './age.js';
import type { Surroundings } from './look-around.js';
import { html, type Markup } from './markup.js';
import { offeredTools } from './offered-tools.js';
import { standingOf } from './standing.js';
import type { ServerFacts } from './server-facts.js';

/** The page for a browser: one stylesheet, no script. Its addresses are relative, so that a proxy may put it anywhere. */
export function pageHtml(facts: ServerFacts, surroundings: Surroundings): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>Circuit Breaker</title>
        <link rel="icon" href="data:," />
        <link rel="stylesheet" href="front-page.css" />
      </head>
      <body>
        <header>
          <h1>Circuit Breaker</h1>
          <p>Version ${facts.version}: durable AI agents on Temporal, streamed live.</p>
          ${navigation(facts)}
        </header>
        <main>${whatRuns(facts, surroundings)} ${newestTokens(facts, surroundings)} ${guideList(facts)}</main>
      </body>
    </html>`.text;
}

function navigation({ temporal, guides, servesIde }: ServerFacts): Markup {
  const ide = servesIde ? [html`<a href="graphiql">GraphQL IDE</a>`] : [];
  const ui = temporal.uiUrl === undefined ? [] : [html`<a href="${temporal.uiUrl}">Temporal UI</a>`];
  const docs = guides.length === 0 ? [] : [html`<a href="#guides">Guides</a>`];
  return html`<nav>${ide}${ui}${docs}</nav>`;
}

function whatRuns(facts: ServerFacts, { tokens, temporalAnswers, tools }: Surroundings): Markup {
  const { address, namespace } = facts.temporal;
  return html`<section>
    <h2>What runs</h2>
    <dl>
      ${row('Storage', facts.storage, tokens !== undefined)} ${row('Streams', facts.streams)}
      ${row('Temporal', `${address}, namespace ${namespace}`, temporalAnswers)} ${row('Models', facts.models)}
      ${tools === undefined ? html`` : row('Tools', offeredTools(tools))}
      <div>
        <dt>GraphQL</dt>
        <dd><code>/graphql</code> over HTTP and WebSocket</dd>
      </div>
      <div>
        <dt>Streams of executions</dt>
        <dd><code>/agent-stream/:executionId</code> over WebSocket and SSE</dd>
      </div>
      <div>
        <dt>Health</dt>
        <dd><a href="health/ready">/health/ready</a></dd>
      </div>
    </dl>
  </section>`;
}

/** Also says whether it answers, where that was asked. */
function row(name: string, value: string, answers = true): Markup {
  const note = answers ? html`` : html` <strong class="away">does not answer</strong>`;
  return html`<div>
    <dt>${name}</dt>
    <dd>${value}${note}</dd>
  </div>`;
}

function newestTokens(facts: ServerFacts, surroundings: Surroundings): Markup {
  return html`<section>
    <h2>Newest tokens</h2>
    ${tokenTable(facts, surroundings)}
  </section>`;
}

function tokenTable(facts: ServerFacts, { tokens, now }: Surroundings): Markup {
  if (tokens === undefined) {
    return html`<p class="away">
      Storage does not answer: the tokens are shown when it is back. Those that run go on.
    </p>`;
  }
  if (tokens.length === 0) {
    return html`<p>
      None yet. <code>npm run demo</code> sends a document through
      review${facts.servesIde ? html`, and the <a href="graphiql">GraphQL IDE</a> has the same ready to do by hand` : ''}.
    </p>`;
  }
  return html`<table>
    <thead>
      <tr>
        <th>Token</th>
        <th>Workflow</th>
        <th>Place</th>
        <th>Status</th>
        <th>Created</th>
      </tr>
    </thead>
    <tbody>
      ${tokens.map((token) => tokenRow(token, facts, now))}
    </tbody>
  </table>`;
}

function tokenRow(token: Token, { temporal }: ServerFacts, now: string): Markup {
  const { id, workflowId, place, createdAt } = token;
  const { text, isStuck } = standingOf(token);
  return html`<tr>
    <td data-name="Token">${historyLink(id, temporal)}</td>
    <td data-name="Workflow">${workflowId}</td>
    <td data-name="Place">${place}</td>
    <td data-name="Status" class="${isStuck ? 'away' : 'well'}">${text}</td>
    <td data-name="Created"><time datetime="${createdAt}" title="${createdAt}">${ageOf(createdAt, now)} ago</time></td>
  </tr>`;
}

/** To the token's history in the Temporal UI, where that is known. */
function historyLink(id: string, { uiUrl, namespace }: ServerFacts['temporal']): Markup {
  if (uiUrl === undefined) return html`<code>${id}</code>`;
  const path = `namespaces/${encodeURIComponent(namespace)}/workflows/${encodeURIComponent(id)}`;
  return html`<a href="${uiUrl}/${path}"><code>${id}</code></a>`;
}

function guideList({ guides }: ServerFacts): Markup {
  if (guides.length === 0) return html``;
  return html`<section id="guides">
    <h2>Guides</h2>
    <ul>
      ${guides.map(({ name, title }) => html`<li><a href="guides/${name}">${title}</a></li>`)}
    </ul>
  </section>`;
}
