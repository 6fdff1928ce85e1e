// SPDX-License-Identifier: Apache-2.0
// The words that X11's, Qt's, Windows' and the C library's headers define as macros, after the
// standard headers, whose authors know them.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iosfwd>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

// X11/X.h and X11/Xlib.h
#define None 0L
#define Bool int
#define Status int
#define True 1
#define False 0
#define Success 0
#define Always 2
#define Never 0
#define WhenMapped 1
#define NotUseful 0
#define Above 0
#define Below 1
#define Opposite 4
#define CurrentTime 0L
#define Expose 12
#define KeyPress 2
#define FocusIn 9
#define Unsorted 0
#define Complex 0
#define Convex 2
#define Screen void*

// Qt's keywords
#define signals public
#define slots
#define emit
#define foreach(a, b) for (a : b)
#define forever for (;;)

// windows.h
#define min(a, b) (((a) < (b)) ? (a) : (b))
#define max(a, b) (((a) > (b)) ? (a) : (b))
#define ERROR 0
#define NO_ERROR 0
#define DELETE 0x10000
#define IN
#define OUT
#define OPTIONAL
#define STRICT 1
#define CONST const
#define VOID void
#define TRUE 1
#define FALSE 0
#define SendMessage SendMessageW
#define GetMessage GetMessageW
#define CreateWindow CreateWindowW
#define GetObject GetObjectW
#define DrawText DrawTextW
#define Yield()
#define interface struct
#define small char
#define near
#define far

// sys/sysmacros.h, gcc's own in GNU modes, and what programs define for their logs and tests
#define major(device) (device)
#define minor(device) (device)
#define makedev(a, b) (a)
#define linux 1
#define unix 1
#define DEBUG 1
#define INFO 1
#define WARN 1
#define CHECK(x) (x)
#define LOG(x) (x)
#define YES 1
#define NO 0
