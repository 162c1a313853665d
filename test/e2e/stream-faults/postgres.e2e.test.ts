import { streamBackend } from '../../support/stream-backends.js';
import { streamFaultsContract } from './stream-faults-contract.js';

streamFaultsContract(await streamBackend('PostgreSQL'));
