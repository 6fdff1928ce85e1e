// SPDX-License-Identifier: Apache-2.0
// KITH_EXPORT marks what libkith and libkith-server show. Everything else is hidden.
#pragma once

#if defined(KITH_STATIC) || !defined(__GNUC__)
#define KITH_EXPORT
#else
#define KITH_EXPORT __attribute__((visibility("default")))
#endif
