//go:build cgo && linux && (amd64 || arm64)

// What Go sees of Wasmtime: a machine (engine, compiled module, the memory limit) and
// instances of it. Errors come back as text to be freed, NULL for none.

#ifndef PDFIUM_WASMTIME_H
#define PDFIUM_WASMTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct machine machine;
typedef struct instance instance;

// What is known of memory; over is set when more than most was asked for.
typedef struct {
	uint64_t most, peak;
	bool over;
} memory_limit;

// The memory of an instance: it grows and stays where it is.
typedef struct {
	uint8_t *base;
	size_t size;
} memory_view;

machine *machine_new(uint64_t most);
memory_limit *machine_memory(machine *m);
char *machine_load(machine *m, const char *file);
char *machine_compile(machine *m, const uint8_t *wasm, size_t n);
char *machine_code(machine *m, uint8_t **code, size_t *n); // to be freed
void machine_free(machine *m);

char *instance_new(machine *m, instance **out);
int instance_find(instance *in, const char *name); // a function's number, -1 for none
uint64_t *instance_stack(instance *in);            // eight values: arguments in, result in the first
char *instance_call(instance *in, int function);
memory_view *instance_memory(instance *in);        // valid until the instance is freed
void instance_free(instance *in);

#endif
