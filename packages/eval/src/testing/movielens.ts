/** A small folder as MovieLens's: three users, five movies, of which TMDB has three. */
export const MOVIELENS = {
	"movies.csv": `movieId,title,genres
1,Toy Story (1995),Adventure|Animation
7,"Postman, The (Postino, Il) (1994)",Drama
9,"Avventura, L' (a.k.a. Adventure, The) (Island) (1960)",Mystery
12,Babylon 5,Sci-Fi
30,"¡Three ""Amigos""! (1986)",(no genres listed)
`,
	"ratings.csv": `userId,movieId,rating,timestamp
1,1,4.0,300
1,7,0.5,100
1,9,5.0,200
1,12,3.5,200
2,1,3.0,10
2,7,4.0,20
2,30,5.0,30
10,30,2.0,7
10,9,2.5,5
10,1,1.0,6
`,
	"tags.csv": `userId,movieId,tag,timestamp
1,1,pixar,5
2,1,Toys,6
10,1,toys,7
2,7,"sea, poetry",8
`,
	"links.csv": `movieId,imdbId,tmdbId
1,0114709,862
7,0110877,11010
9,0053619,
12,0105946,
30,0092086,8388
`,
} as const;

export const COUNTS = { users: 3, ratings: 10, movies: 5, tags: 4, links: 5 } as const;
