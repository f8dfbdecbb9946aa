package postgres

import (
	"encoding/binary"
	"errors"
	"math"

	"github.com/ser-nl/vraagbaak/internal/corpus"
)

const (
	placesVersion = 1
	placeUnit     = math.MaxUint16 // the whole width or height of a page
)

var errPlaces = errors.New("the places of the words are damaged")

// encodePlaces writes places as pages.places keeps them; nil for none. Rectangles
// are rounded outwards, by less than a hundredth of a millimetre.
func encodePlaces(places []corpus.Place) []byte {
	if len(places) == 0 {
		return nil
	}
	b := make([]byte, 1, 1+10*len(places))
	b[0] = placesVersion
	at := 0
	for _, p := range places {
		b = binary.AppendUvarint(b, uint64(max(p.Start-at, 0)))
		b = binary.AppendUvarint(b, uint64(max(p.End-p.Start, 0)))
		at = p.End
		for _, side := range [][2]float64{{p.X, p.Width}, {p.Y, p.Height}} {
			from := math.Floor(clampUnit(side[0]) * placeUnit)
			to := math.Ceil(clampUnit(side[0]+side[1]) * placeUnit)
			b = binary.BigEndian.AppendUint16(b, uint16(from))
			b = binary.BigEndian.AppendUint16(b, uint16(to-from))
		}
	}
	return b
}

func clampUnit(v float64) float64 { return min(max(v, 0), 1) }

// decodePlaces reads what encodePlaces wrote.
func decodePlaces(b []byte) ([]corpus.Place, error) {
	if len(b) == 0 {
		return nil, nil
	}
	if b[0] != placesVersion {
		return nil, errPlaces
	}
	b = b[1:]
	var places []corpus.Place
	at := uint64(0)
	for len(b) > 0 {
		var number [2]uint64
		for i := range number {
			v, n := binary.Uvarint(b)
			if n <= 0 || v > math.MaxInt32 {
				return nil, errPlaces
			}
			number[i], b = v, b[n:]
		}
		if len(b) < 8 {
			return nil, errPlaces
		}
		start := at + number[0]
		at = start + number[1]
		if at > math.MaxInt32 {
			return nil, errPlaces
		}
		var side [4]float64
		for i := range side {
			side[i] = float64(binary.BigEndian.Uint16(b[2*i:])) / placeUnit
		}
		b = b[8:]
		places = append(places, corpus.Place{Start: int(start), End: int(at), X: side[0], Width: side[1], Y: side[2], Height: side[3]})
	}
	return places, nil
}
