import { createRetainer } from './create.ts';

// A page may load the script twice: the first one may be waiting already. The address is that of the installation
// that serves this script, which writes it here.
window.Retainer ??= createRetainer('__RETAINER_SERVER__');
