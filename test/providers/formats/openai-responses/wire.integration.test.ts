import { aimockContract } from '../contract/aimock-contract.js';
import { faultContract } from '../contract/fault-contract.js';
import { RESPONSES } from '../contract/wire-under-test.js';

faultContract(RESPONSES);
aimockContract(RESPONSES);
