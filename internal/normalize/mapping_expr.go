package normalize

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/vm"
)

// Bounds of an expression. Who writes a mapping is trusted, but not what a payload brings to it: with no loop, no variable to double a
// text in, and at most this many steps, the time and memory of one evaluation are bounded by the payload's size.
const (
	maxExpr       = 4 << 10 // bytes of source
	maxExprNodes  = 500
	maxExprMemory = 10_000  // elements of what it builds
	maxExprText   = 4 << 10 // bytes of a text that it is given or makes by replace
)

// Names in an expression that are no fields of the object: what from found, and the whole payload.
const (
	valueName = "value"
	rootName  = "$root"
	envName   = "$env"
)

// exprBuiltins are those of expr that a mapping may use: none reads a clock, loops over a list or builds something larger than it is
// given.
func exprBuiltins() []string {
	return []string{
		"abs", "ceil", "floor", "round", "int", "float", "string", "trim", "trimPrefix", "trimSuffix", "upper", "lower",
		"split", "len", "indexOf", "min", "max",
	}
}

// exprFunctions are our own.
func exprFunctions() []string { return []string{"sqrt", "hypot", "bearing", "wrap360", "replace"} }

// expression is a compiled one.
type expression struct {
	program *vm.Program
	uses    []exprUse // what it reads, in the order of its first use
	value   bool      // it reads what from found
}

// exprUse is a value of the payload that an expression reads: by name, as the machine asks for it.
type exprUse struct {
	name  string
	root  bool // parts count from the payload, else from the object
	parts []part
}

// compileExpr compiles the source. Its errors are for people: one line, with the place in the source.
func compileExpr(source string) (*expression, error) {
	if len(source) > maxExpr {
		return nil, fmt.Errorf("an expression of %d bytes: at most %d are taken", len(source), maxExpr)
	}
	tree, err := parser.Parse(source)
	if err != nil {
		return nil, oneLine(err)
	}
	var x expression
	check := exprCheck{into: &x}
	ast.Walk(&tree.Node, exprPaths{})
	ast.Walk(&tree.Node, &check)
	if check.fault != "" {
		return nil, errors.New(check.fault)
	}
	options := []expr.Option{
		expr.Env(map[string]any{}), expr.AllowUndefinedVariables(), expr.MaxNodes(maxExprNodes), expr.DisableAllBuiltins(),
		expr.Patch(exprPaths{}),
		expr.Function("sqrt", real1(math.Sqrt)), expr.Function("wrap360", real1(wrap360)),
		expr.Function("hypot", real2(math.Hypot)), expr.Function("bearing", real2(bearing)), expr.Function("replace", replaceText),
	}
	for _, name := range exprBuiltins() {
		options = append(options, expr.EnableBuiltin(name))
	}
	if x.program, err = expr.Compile(source, options...); err != nil {
		return nil, oneLine(err)
	}
	return &x, nil
}

// oneLine is an error of expr without its picture.
func oneLine(err error) error {
	if at, ok := errors.AsType[*file.Error](err); ok {
		if at.Line == 0 {
			return errors.New(at.Message)
		}
		return fmt.Errorf("line %d, column %d: %s", at.Line, at.Column+1, at.Message)
	}
	return errors.New(strings.ReplaceAll(err.Error(), "\n", " "))
}

// pathMark joins the names of a path into one that no field has.
const pathMark = "\x00"

// exprPaths makes one name of a.b.c, so that of a payload only c is read for an expression, and not all that is in a. Walk visits a.b
// first.
type exprPaths struct{}

// Visit looks at one node.
func (exprPaths) Visit(n *ast.Node) {
	m, is := (*n).(*ast.MemberNode)
	if !is || m.Method {
		return
	}
	object, plain := m.Node.(*ast.IdentifierNode)
	key, fixed := m.Property.(*ast.StringNode)
	if plain && fixed && object.Value != envName && object.Value != valueName && !strings.Contains(key.Value, pathMark) {
		ast.Patch(n, &ast.IdentifierNode{Value: object.Value + pathMark + key.Value})
	}
}

// exprCheck walks through an expression: what it reads, and what it must not do. Walk visits the inside of a node first.
type exprCheck struct {
	into  *expression
	fault string
}

// Visit looks at one node.
func (c *exprCheck) Visit(n *ast.Node) {
	switch n := (*n).(type) {
	case *ast.IdentifierNode:
		c.name(n.Value)
	case *ast.MemberNode:
		c.member(n)
	case *ast.BuiltinNode:
		c.call(n.Name)
	case *ast.CallNode:
		if callee, plain := n.Callee.(*ast.IdentifierNode); plain && !strings.Contains(callee.Value, pathMark) {
			c.call(callee.Value)
		} else {
			c.no("a field cannot be called: here are " + functionList())
		}
	case *ast.VariableDeclaratorNode, *ast.SequenceNode:
		c.no("let and ; are not taken: an expression is one value")
	case *ast.PredicateNode, *ast.PointerNode:
		c.no("an expression cannot go through a list: use a path such as objects[0].id, or as: detection")
	case *ast.BinaryNode:
		if _, fixed := n.Right.(*ast.StringNode); n.Operator == "matches" && !fixed {
			c.no("the pattern behind matches is a text in quotes")
		}
	}
}

func (c *exprCheck) no(why string) {
	if c.fault == "" {
		c.fault = why
	}
}

func (c *exprCheck) call(name string) {
	if !slices.Contains(exprBuiltins(), name) && !slices.Contains(exprFunctions(), name) {
		c.no(fmt.Sprintf("there is no %s(): here are %s", name, functionList()))
	}
}

func functionList() string { return strings.Join(append(exprFunctions(), exprBuiltins()...), ", ") }

func (c *exprCheck) name(name string) {
	switch {
	case slices.Contains(exprFunctions(), name), name == envName:
	case name == valueName:
		c.into.value = true
	default:
		c.use(name, strings.Split(name, pathMark))
	}
}

func (c *exprCheck) use(name string, path []string) {
	if slices.ContainsFunc(c.into.uses, func(u exprUse) bool { return u.name == name }) {
		return
	}
	u := exprUse{name: name}
	if u.root = path[0] == rootName; u.root {
		path = path[1:]
	}
	for _, key := range path {
		u.parts = append(u.parts, part{key: key})
	}
	c.into.uses = append(c.into.uses, u)
}

// member takes $env["a key"] for the field of that name, which is no plain word.
func (c *exprCheck) member(n *ast.MemberNode) {
	if env, plain := n.Node.(*ast.IdentifierNode); !plain || env.Value != envName {
		return
	}
	if key, fixed := n.Property.(*ast.StringNode); fixed {
		c.use(key.Value, []string{key.Value})
		return
	}
	c.no(`behind $env comes a name: $env["Speed (km/h)"]`)
}

// run evaluates the expression. A fault in it is an error, never a panic: the machine recovers, and so do we.
func (x *expression) run(machine *vm.VM, env map[string]any) (result any, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	machine.MemoryBudget = maxExprMemory
	if result, err = machine.Run(x.program, env); err != nil {
		return nil, oneLine(err)
	}
	return result, nil
}

func real1(f func(float64) float64) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if len(args) != 1 {
			return nil, fmt.Errorf("got %d values, want 1", len(args))
		}
		x, err := realOf(args[0])
		return f(x), err
	}
}

func real2(f func(a, b float64) float64) func(...any) (any, error) {
	return func(args ...any) (any, error) {
		if len(args) != 2 {
			return nil, fmt.Errorf("got %d values, want 2", len(args))
		}
		a, err := realOf(args[0])
		b, err2 := realOf(args[1])
		return f(a, b), errors.Join(err, err2)
	}
}

func realOf(v any) (float64, error) {
	switch v := v.(type) {
	case float64:
		return v, nil
	case int:
		return float64(v), nil
	}
	return 0, fmt.Errorf("got %s, want a number", nameOf(v))
}

// nameOf says what a value is.
func nameOf(v any) string {
	switch v := v.(type) {
	case nil:
		return "nothing"
	case string:
		return "the text " + quote(v)
	case bool:
		return "true or false"
	case float64, int:
		return fmt.Sprintf("the number %v", v)
	case []any:
		return "an array"
	}
	return "an object"
}

// wrap360 brings an angle in degrees into [0, 360).
func wrap360(a float64) float64 {
	if a = math.Mod(a, 360); a < 0 {
		a += 360
	}
	return a
}

// bearing is the direction of a vector in degrees clockwise from north.
func bearing(east, north float64) float64 { return wrap360(math.Atan2(east, north) * 180 / math.Pi) }

// replaceText replaces each old by new. It is ours since a text put into a text, again and again, grows without end.
func replaceText(args ...any) (any, error) {
	var words [3]string
	if len(args) != len(words) {
		return nil, fmt.Errorf("replace: got %d values, want a text, the old and the new part", len(args))
	}
	for i := range words {
		word, is := args[i].(string)
		if !is {
			return nil, fmt.Errorf("replace: got %s, want a text", nameOf(args[i]))
		}
		words[i] = word
	}
	if words[1] == "" || len(words[0])*max(1, len(words[2])) > maxExprText*16 {
		return nil, errors.New("replace: the texts are too long, or the old part is empty")
	}
	if s := strings.ReplaceAll(words[0], words[1], words[2]); len(s) <= maxExprText {
		return s, nil
	}
	return nil, errors.New("replace: the result is too long")
}

// any reads a value of a payload for an expression: a whole number that fits is an int, so that an id keeps its digits. Text longer than
// expressions take is cut.
func (r *reader) any() any {
	switch c := r.peek(); {
	case c == '{':
		m := map[string]any{}
		for o := r.object(); r.member(&o); {
			key := string(r.key)
			m[key] = r.any()
		}
		return m
	case c == '[':
		list := []any{}
		r.open()
		for a := (array{}); r.item(&a); {
			list = append(list, r.any())
		}
		return list
	case c == '"':
		var s []byte
		s, r.text = r.string(r.text)
		return string(s[:min(len(s), maxExprText)])
	case c == 't':
		return r.literal("true")
	case c == 'f':
		r.literal("false")
		return false
	case c == 'n' && r.has("null"):
		r.literal("null")
		return nil
	case isNumber(c):
		return r.anyNumber()
	}
	r.noValue()
	return nil
}

func (r *reader) anyNumber() any {
	start := r.pos
	f := r.number()
	text := r.buf[start:r.pos]
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 && !strings.ContainsAny(string(text), ".eE") {
		return int(f)
	}
	return f
}
