import { describe, expect, it } from 'vitest';
import { fails, readWorkflow, runWorkflow } from 'circuit-breaker/testing';

const review = await readWorkflow('workflows/document-review.yaml');
const data = { content: 'Dear all', type: 'memo', priority: 'normal' };

describe('a document', () => {
  it.each([
    ['APPROVE', 'published'],
    ['NEEDS_REVISION', 'revision'],
    ['REJECT', 'rejected'],
  ])('that is told %s is %s', async (assessment, place) => {
    const agents = { 'content-reviewer': { assessment, confidence: 8 } };
    const token = await runWorkflow(review, { data, agents, steps: ['ai_review'] });
    expect(token).toBeIn(place);
  });

  it('is reviewed again once it was reworked', async () => {
    const agents = {
      'content-reviewer': [
        { assessment: 'NEEDS_REVISION', confidence: 9 },
        { assessment: 'APPROVE', confidence: 7 },
      ],
    };
    const steps = ['ai_review', 'resubmit', { fire: 'ai_review', data: { content: 'Dear all, in short' } }];
    const token = await runWorkflow(review, { data, agents, steps });
    expect(token).toBeIn('published');
  });

  it('stays where it is when its reviewer cannot be reached, until somebody tries again', async () => {
    const agents = { 'content-reviewer': [fails('overloaded'), { assessment: 'APPROVE', confidence: 7 }] };
    const failed = await runWorkflow(review, { data, agents, steps: ['ai_review'] });
    expect(failed.incident).toMatchObject({ code: 'overloaded' });
    const token = await runWorkflow(review, { data, agents, steps: ['ai_review', { retry: true }] });
    expect(token).toBeIn('published');
  });
});
