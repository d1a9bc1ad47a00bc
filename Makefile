# vitrine: one build. `make help` lists the verbs.
# Sources are found by wildcard; SAN=address,undefined or SAN=thread builds into a directory of its own.

SHELL   := /bin/sh
CC      ?= gcc
ifeq ($(origin CC),default)
CC      := gcc
endif
CXX     := $(if $(findstring clang,$(CC)),clang++,g++)
# V=1 shows every command.
Q       := $(if $(V),,@)
SAN     ?=
FUZZ    ?=
comma   := ,
VARIANT := $(if $(SAN),-$(subst $(comma),-,$(SAN)))$(if $(findstring clang,$(CC)),-clang)$(if $(ARENA),-$(ARENA))
BUILD   ?= build$(VARIANT)
DUCKDB_DIR ?= third_party/duckdb

VERSION := $(shell cat VERSION)
OPT     ?= -O2
DEBUG   ?= -g
WARN    := -Wall -Wextra -Werror -Wshadow -Wvla
CFLAGS_ALL   = -std=c17 $(OPT) $(DEBUG) $(WARN) -Wstrict-prototypes -Wmissing-prototypes -pthread -fno-omit-frame-pointer -D_FORTIFY_SOURCE=2 -fstack-protector-strong $(SANFLAGS) $(CFLAGS)
CXXFLAGS_ALL = -std=c++17 $(OPT) $(DEBUG) -Wall -Wextra -Werror -pthread -fno-omit-frame-pointer $(SANFLAGS) $(CXXFLAGS)
CPPFLAGS_ALL = -Isrc -isystem $(DUCKDB_DIR) -DVITRINE_VERSION='"$(VERSION)"' $(if $(ARENA),-DARENA_PIECES)
LDFLAGS_ALL  = -pthread -rdynamic $(SANFLAGS) -L$(DUCKDB_DIR) -Wl,-rpath,'$$ORIGIN' -Wl,-rpath,$(abspath $(DUCKDB_DIR)) $(LDFLAGS)
LIBS         = -lduckdb -lmicrohttpd -lnghttp2 -lsimdjson -lsqlite3 -lsodium -lcyaml -lyaml -lcurl -lxxhash -lzstd -lz -lre2 -lutf8proc -lm
ifneq ($(SAN),)
SANFLAGS     = -fsanitize=$(SAN) -fno-sanitize-recover=all -U_FORTIFY_SOURCE
OPT          := -O1
DEBUG        := -g1
endif

CSOURCES   := $(sort $(wildcard src/*.c src/*/*.c))
CXXSOURCES := $(sort $(wildcard src/*/*.cc))
OBJECTS    := $(CSOURCES:%.c=$(BUILD)/%.o) $(CXXSOURCES:%.cc=$(BUILD)/%.o) $(BUILD)/embed/assets.o
LIBOBJECTS := $(filter-out $(BUILD)/src/main.o,$(OBJECTS))
# LINKED=FILES say what some tests were linked with in another build (unit/NAME.linked): no more of the library is built.
ifneq ($(and $(SAN),$(wildcard $(LINKED))),)
LIBOBJECTS := $(filter $(addprefix $(BUILD)/,$(shell grep -oEh '(src|embed)/[^ ()]+\.o' $(wildcard $(LINKED)))),$(LIBOBJECTS))
endif
UNIT_TESTS := $(sort $(patsubst tests/unit/%.c,$(BUILD)/unit/%,$(wildcard tests/unit/test_*.c)))
FUZZERS    := $(sort $(patsubst tests/fuzz/fuzz_%.c,$(BUILD)/fuzz/%,$(wildcard tests/fuzz/fuzz_*.c)))
BENCHES    := $(sort $(patsubst tests/bench/%.c,$(BUILD)/bench/%,$(wildcard tests/bench/*.c)))
PRICE_BOOK := $(sort $(wildcard prices/*.yaml))
DASHBOARDS := $(sort $(wildcard dashboards/*.json))

.DEFAULT_GOAL := all
.PHONY: all run test check checked unit flow fuzzers fuzz benches bench tidy format ui ci deps clean help
.SECONDARY:

all: $(BUILD)/vitrine

help:
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

run: deps ## install what is missing, build, start with a demo, print the URL
	@$(MAKE) --no-print-directory $(BUILD)/vitrine
	@exec tools/run $(BUILD)/vitrine

test: deps ## install what is missing, build, run every test
	@tools/test

deps: ## install what is missing
	@tools/deps

$(BUILD)/vitrine: $(OBJECTS)
	$(if $(V),,@echo '  link  $@')
	$(Q)$(CXX) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

$(BUILD)/%.o: %.c $(DUCKDB_DIR)/duckdb.h Makefile VERSION
	@mkdir -p $(@D)
	$(if $(V),,@echo '  cc    $<')
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cc Makefile
	@mkdir -p $(@D)
	$(if $(V),,@echo '  c++   $<')
	$(Q)$(CXX) $(CPPFLAGS_ALL) $(CXXFLAGS_ALL) -MMD -MP -c -o $@ $<

$(DUCKDB_DIR)/duckdb.h:
	tools/duckdb

# Files that travel inside the binary: the screens, the price book, built-in dashboards, the API description.
ui/dist/index.html: $(shell find ui/src ui/public ui/index.html ui/package-lock.json ui/vite.config.ts -type f 2>/dev/null)
	tools/ui
ui: ui/dist/index.html ## build the screens

$(BUILD)/embed/assets.S: tools/embed $(PRICE_BOOK) $(DASHBOARDS) docs/openapi.json ui/dist/index.html
	@mkdir -p $(@D)
	$(Q)tools/embed $(BUILD)/embed > $@.tmp && mv $@.tmp $@
$(BUILD)/embed/assets.o: $(BUILD)/embed/assets.S
	$(Q)$(CC) -c -o $@ $<

-include $(OBJECTS:.o=.d)

# What a compiler warns of, without making code of it: `make CC=clang checked` in half the time of a build.
CHECKED := $(CSOURCES:%.c=$(BUILD)/%.checked) $(CXXSOURCES:%.cc=$(BUILD)/%.checked)
CHECK    = -fsyntax-only -MMD -MP -MF $@.d -MT $@ $< && touch $@
checked: $(CHECKED)
$(BUILD)/%.checked: %.c $(DUCKDB_DIR)/duckdb.h Makefile VERSION
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS_ALL) $(CFLAGS_ALL) $(CHECK)
$(BUILD)/%.checked: %.cc Makefile
	@mkdir -p $(@D)
	$(Q)$(CXX) $(CPPFLAGS_ALL) $(CXXFLAGS_ALL) $(CHECK)

-include $(CHECKED:=.d)

# --- tests -------------------------------------------------------------------------------

# A test is linked with what it uses only, by the quicker linker where there is one: linking sixty of them took longer
# than compiling them.
LIBRARY  := $(BUILD)/libvitrine.a
QUICK_LD := $(if $(shell command -v ld.gold),-fuse-ld=gold)
TEST_LINK = $(CXX) $(LDFLAGS_ALL) $(QUICK_LD)
$(LIBRARY): $(LIBOBJECTS)
	$(Q)rm -f $@ && ar rcsT $@ $^

$(BUILD)/unit/%: tests/unit/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(if $(V),,@echo '  build $@')
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) -MMD -MP -c -o $@.o $<
	$(Q)$(TEST_LINK) -Wl,--trace -o $@ $@.o $(LIBRARY) $(LIBS) -lcmocka >$@.linked
$(BUILD)/bench/%: tests/bench/%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(if $(V),,@echo '  build $@')
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) -c -o $@.o $<
	$(Q)$(TEST_LINK) -o $@ $@.o $(LIBRARY) $(LIBS)
# Fuzzers carry their own driver (tests/fuzz/driver.h): libFuzzer with FUZZ=libfuzzer CC=clang, else a seeded mutator.
$(BUILD)/fuzz/%: tests/fuzz/fuzz_%.c $(LIBRARY)
	@mkdir -p $(@D)
	$(if $(V),,@echo '  build $@')
	$(Q)$(CC) $(CPPFLAGS_ALL) -Itests $(CFLAGS_ALL) $(if $(FUZZ),-DFUZZ_LIBFUZZER) -c -o $@.o $<
	$(Q)$(TEST_LINK) $(if $(FUZZ),-fsanitize=fuzzer) -o $@ $@.o $(LIBRARY) $(LIBS)

unit: $(UNIT_TESTS)
check: $(BUILD)/vitrine unit ## unit tests and case files, under a minute
	@tools/test unit
flow: $(BUILD)/vitrine ## real clients against the real binary
	@tools/test flow
fuzzers: $(FUZZERS)
fuzz: ## long fuzzing; FUZZ_SECONDS=60 for each decoder
	@tools/test fuzz
benches: $(BENCHES)
bench: $(BUILD)/vitrine benches ## measure
	@tools/bench $(BUILD)
tidy: ## layers, format, function length, headers
	@tools/tidy
format: ## let clang-format decide
	@clang-format -i $$(git ls-files 'src/*.[ch]' 'src/*.cc' 'tests/*.[ch]')
ci: test
clean:
	rm -rf build build-*
