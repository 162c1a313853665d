import { aimockContract } from '../contract/aimock-contract.js';
import { faultContract } from '../contract/fault-contract.js';
import { MESSAGES } from '../contract/wire-under-test.js';

faultContract(MESSAGES);
aimockContract(MESSAGES);
